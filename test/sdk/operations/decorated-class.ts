import { current, traced } from '../../../src/index.js';

class Researcher {
  readonly #topic: string;

  constructor(topic: string) {
    this.#topic = topic;
  }

  @traced({ as: 'agent', version: '2' })
  async research(depth: number): Promise<string> {
    await Promise.resolve();
    return Researcher.note(`${this.#topic} at depth ${depth}`);
  }

  @traced({ as: 'tool', name: 'take_note' })
  static note(text: string): string {
    current().setAttributes({ 'app.length': text.length });
    return text;
  }
}

/** What the decorators leave of the types. */
export function createResearcher(topic: string): { research: (depth: number) => Promise<string> } {
  return new Researcher(topic);
}
