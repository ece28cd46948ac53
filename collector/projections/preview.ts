import type { SpanContent } from '../model/normalized-span.js';
import type { ContentReader } from './content.js';
import { cutPreview, readFirstText, readLastText } from './content.js';
import type { SpanNode, TraceTree } from './tree.js';
import { passDown } from './tree.js';

interface Previews {
  inputPreview: string | null;
  outputPreview: string | null;
}

/**
 * What a trace was asked and what it answered: the first user message of the outermost agent or model call that has
 * one, and the last text of the agent or call that ended last, those inside tools only where no other has any.
 * Without messages the raw input and output of the outermost span that has them.
 */
export function readPreviews(tree: TraceTree, content: ContentReader): Previews {
  const speakers = tree.depthFirst.filter(isSpeaker);
  const input =
    findText(speakers, content, ({ inputMessages }) => readFirstText(inputMessages, 'user')) ??
    findText(tree.depthFirst, content, ({ rawInput }) => rawInput);
  const output =
    findText(listLastFirst(tree, speakers), content, ({ outputMessages }) => readLastText(outputMessages)) ??
    findText(tree.depthFirst, content, ({ rawOutput }) => rawOutput);
  return {
    inputPreview: input === null ? null : cutPreview(input),
    outputPreview: output === null ? null : cutPreview(output),
  };
}

/** Prompts and answers that log records report speak too. */
function isSpeaker({ span: { facts }, origin }: SpanNode): boolean {
  if (facts.type === 'event') return origin === 'report';
  return facts.type === 'agent' || facts.type === 'llm';
}

function listLastFirst(tree: TraceTree, speakers: readonly SpanNode[]): SpanNode[] {
  const isInTool = passDown(tree, false, (parent, above) => above || parent.span.facts.type === 'tool');
  return speakers.toSorted((left, right) => {
    const [leftIn, rightIn] = [isInTool[left.index] === true, isInTool[right.index] === true];
    if (leftIn !== rightIn) return leftIn ? 1 : -1;
    const [leftEnd, rightEnd] = [left.span.endTimeUnixNano, right.span.endTimeUnixNano];
    if (leftEnd !== rightEnd) return leftEnd > rightEnd ? -1 : 1;
    return left.index - right.index;
  });
}

function findText(
  nodes: Iterable<SpanNode>,
  content: ContentReader,
  read: (content: SpanContent) => string | null,
): string | null {
  for (const node of nodes) {
    const found = content.read(node);
    const text = found === undefined ? null : read(found);
    if (text !== null && text.trim() !== '') return text;
  }
  return null;
}
