import type { Dialect } from './dialect.js';
import { readFlag } from './readers/scalars.js';
import { identifier } from './sources.js';
import type { SpanView } from './span-view.js';

const PREFIXES = ['github.copilot.', 'copilot_chat.'];

/**
 * GitHub Copilot: the chat of VS Code and the CLI (microsoft/vscode extensions/copilot/docs/monitoring). It speaks the
 * conventions and adds keys of its own. `github.copilot.cost` is a number of premium requests and `github.copilot.aiu`
 * of units: neither is money. The session of its resource is a window of the editor, so a conversation goes before it.
 */
export const copilot: Dialect = {
  name: 'copilot',
  isSpeaker: isCopilot,
  about: {
    speaker:
      'a scope that begins with `copilot` or `github.copilot`, or an attribute `github.copilot.…` or `copilot_chat.…`',
  },
  facts: {
    agentType: [identifier('github.copilot.agent.type')],
    sessionId: [
      identifier('copilot_chat.session_id'),
      identifier('copilot_chat.chat_session_id', { isLate: true }),
    ],
  },
  failures: [
    { key: 'success', about: '`false`', isFailure: (value) => readFlag(value) === false, isOwn: true },
  ],
  otherContentKeys: ['copilot_chat.hook_input', 'copilot_chat.hook_output'],
  logs: [{ events: ['copilot_chat.tool.call'], type: 'tool', durationKey: 'duration_ms' }],
};

function isCopilot({ data, attributes }: SpanView): boolean {
  if (data.scope.name.startsWith('copilot') || data.scope.name.startsWith('github.copilot')) return true;
  for (const key of attributes.keys()) if (PREFIXES.some((prefix) => key.startsWith(prefix))) return true;
  return false;
}
