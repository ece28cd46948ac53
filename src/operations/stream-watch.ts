import { context } from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import type { Operation } from './operation.js';

/** How much text of a stream is put together as its output, in characters. */
const TEXT_LIMIT = 1_000_000;

/** What is seen of a stream that passes through an operation. */
export class StreamWatch {
  readonly operation: Operation;
  readonly #onChunk: ((chunk: unknown, operation: Operation) => void) | undefined;
  #texts: string[] | undefined;
  #textLength = 0;
  #hasBegun = false;
  #hasEnded = false;

  constructor(operation: Operation, onChunk: ((chunk: unknown, operation: Operation) => void) | undefined) {
    this.operation = operation;
    this.#onChunk = onChunk;
  }

  /** Whether the stream was drained, left or failed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A chunk on its way to the user. */
  chunk(chunk: unknown): void {
    if (this.#hasEnded) return;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.operation.markFirstChunk();
    }
    if (typeof chunk === 'string' && this.#textLength < TEXT_LIMIT) {
      (this.#texts ??= []).push(chunk);
      this.#textLength += chunk.length;
    }
    const onChunk = this.#onChunk;
    if (onChunk !== undefined) {
      quietly(() => {
        onChunk(chunk, this.operation);
      });
    }
  }

  /** The stream was drained, or its reader has had enough. */
  end(value?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.operation.complete(this.#texts?.join('') ?? value);
  }

  fail(error: unknown): void {
    this.#hasEnded = true;
    this.operation.fail(error);
  }

  /** Calls into the stream with the operation active, so that what it does belongs to the operation. */
  within<T>(work: () => T): T {
    return context.with(this.operation.context, work);
  }
}
