import type { JsonObject, JsonValue } from '../../model/json.js';
import { isObject } from './json.js';

/** A message of LangChain: its role in the conventions' words, and the object that holds its content. */
interface LangChainMessage {
  role: string;
  fields: JsonObject;
}

/** By the class (`lc` serialisation) and by the type (npm:@langchain/core 1.2 and langchain_core 1.x `BaseMessage.type`). */
const ROLES: ReadonlyMap<string, string> = new Map([
  ['HumanMessage', 'user'],
  ['AIMessage', 'assistant'],
  ['AIMessageChunk', 'assistant'],
  ['SystemMessage', 'system'],
  ['ToolMessage', 'tool'],
  ['human', 'user'],
  ['ai', 'assistant'],
  ['system', 'system'],
  ['tool', 'tool'],
]);

/**
 * A message in one of the forms that LangChain writes: serialised (`{lc: 1, type: 'constructor', id: [...], kwargs}`),
 * dumped (`{type: 'human', content}`) or stored (`{type: 'human', data: {content}}`). Undefined where it is none.
 */
export function findLangChainMessage(value: JsonObject): LangChainMessage | undefined {
  const kwargs = readKwargs(value);
  const name = kwargs !== undefined && Array.isArray(value.id) ? value.id.at(-1) : value.type;
  const role = typeof name === 'string' ? ROLES.get(name) : undefined;
  if (role === undefined) return undefined;
  const fields = kwargs ?? (isObject(value.data) ? value.data : value);
  return 'content' in fields || kwargs !== undefined ? { role, fields } : undefined;
}

function readKwargs(value: JsonObject): JsonObject | undefined {
  return value.lc === 1 && isObject(value.kwargs) ? value.kwargs : undefined;
}

/** The result in a tool's output: what a ToolMessage holds, whether or not it stands under `output`. */
export function findToolMessageContent(value: JsonObject): { content: JsonValue | undefined } | undefined {
  const outer = isObject(value.output) ? value.output : value;
  const kwargs = readKwargs(outer);
  if (kwargs !== undefined) return { content: kwargs.content };
  const message = outer.type === 'tool' ? findLangChainMessage(outer) : undefined;
  return message === undefined ? undefined : { content: message.fields.content };
}

/** What names a tool run in its ToolMessage. */
export function readToolMessageField(
  value: JsonValue | undefined,
  field: 'name' | 'tool_call_id',
): string | undefined {
  if (!isObject(value)) return undefined;
  const outer = isObject(value.output) ? value.output : value;
  const found = (readKwargs(outer) ?? outer)[field];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/**
 * LangChain names the agent (`lc_agent_name`) on every span below its run too: the run itself is the span that stands
 * in no node of a graph, or that has the agent's own name (an agent run as a node of another).
 */
export function isLangChainAgent(agentName: unknown, node: unknown, spanName: string): boolean {
  if (typeof agentName !== 'string' || agentName === '') return false;
  return node === undefined || node === null || spanName === agentName;
}
