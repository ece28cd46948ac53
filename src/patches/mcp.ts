import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { KINDS } from '../operations/kinds.js';
import type { Operation } from '../operations/operation.js';
import { renderJson } from '../operations/render-json.js';
import { open } from '../operations/run.js';
import { injectMcp } from '../propagation/inject.js';
import type { TravellingIdentity } from '../propagation/travelling-identity.js';
import { quietly } from '../quietly.js';
import { ATTR, ERROR_TYPE_TOOL, OPERATION } from '../semconv.js';
import { readFields, readList, readNumber, readText, type Fields } from './fields.js';
import { readActiveAttributes } from './others.js';
import { patchMethods, type MethodCall, type Patch } from './patch.js';

/** How requests of an MCP client are recorded. */
export interface McpPatchOptions {
  /**
   * Which of session, user, conversation, case and workflow ids go to the server as baggage, beside the trace context.
   * Default: none, as servers are often strangers'.
   */
  identity?: TravellingIdentity | undefined;
}

/**
 * Records the requests of a `Client` of `@modelcontextprotocol/sdk` (1), or of all clients of the class where that is
 * given: tool calls as tools (`tools/call NAME`, with arguments and result), the others by their method. The trace
 * context goes to the server in `_meta`. Results and errors are those of the client itself; a result with `isError`
 * marks the span as failed.
 *
 * ```ts
 * const client = new Client({ name: 'agent', version: '1.0.0' });
 * patchMcp(client);
 * await client.connect(transport);
 * ```
 *
 * A tool call inside of a `tool` of the same name gets no span of its own: that one gets the MCP attributes. Steps aside
 * where another instrumentation wraps the client. Does nothing before `init`. Never throws.
 */
export function patchMcp(client: object, options: McpPatchOptions = {}): Patch {
  const owner = typeof client === 'function' ? readFields(client)['prototype'] : client;
  return patchMethods('patchMcp', 'Client of the package @modelcontextprotocol/sdk', [
    // All of the client's methods make their requests by this one.
    { owner, name: 'request', around: (call) => recordRequest(call, options.identity ?? false) },
  ]);
}

function recordRequest(call: MethodCall, identity: TravellingIdentity): unknown {
  const request = readFields(call.given[0]);
  const method = readText(request['method']);
  if (method === undefined) return call.proceed(...call.given);
  const send = () => call.proceed(withContext(request, identity), ...call.given.slice(1));
  const attributes = quietly(() => describeRequest(call.self, method, request)) ?? {};
  if (isActiveTool(attributes)) {
    trace.getActiveSpan()?.setAttributes(attributes);
    return send();
  }
  const operation = quietly(() => openRequest(method, readFields(request['params']), attributes));
  if (operation === undefined) return call.proceed(...call.given);
  let result: unknown;
  try {
    result = context.with(operation.context, send);
  } catch (error) {
    failRequest(operation, error, false);
    throw error;
  }
  if (!(result instanceof Promise)) {
    operation.end();
    return result;
  }
  return result.then(
    (answer: unknown) => {
      endRequest(operation, answer);
      return answer;
    },
    (error: unknown) => {
      failRequest(operation, error, isAborted(call.given[2]));
      throw error;
    },
  );
}

/** Requests without parameters get some only where there is a context to put into them. */
function withContext(request: Fields, identity: TravellingIdentity): Fields {
  const params = readFields(request['params']);
  const carrying = injectMcp(params, { identity });
  return carrying === params ? request : { ...request, params: carrying };
}

function describeRequest(client: unknown, method: string, request: Fields): Attributes {
  const { name, uri } = readFields(request['params']);
  const { transport, _requestMessageId: id } = readFields(client);
  const target = readText(name);
  return {
    [ATTR.mcpMethodName]: method,
    [ATTR.toolName]: method === 'tools/call' ? target : undefined,
    [ATTR.promptName]: method === 'prompts/get' ? target : undefined,
    [ATTR.mcpResourceUri]: readText(uri),
    // The id of the next request (@modelcontextprotocol/sdk 1 shared/protocol.ts, `request`).
    [ATTR.jsonRpcRequestId]: readNumber(id)?.toString(),
    ...describeTransport(readFields(transport)),
  };
}

/** Only a transport over stdio has a process; those over HTTP know their URL (@modelcontextprotocol/sdk 1 client/). */
function describeTransport(transport: Fields): Attributes {
  const url = transport['_url'] instanceof URL ? transport['_url'] : undefined;
  const wire = url === undefined ? ('pid' in transport ? 'pipe' : undefined) : 'tcp';
  const port = url === undefined || url.port === '' ? undefined : Number(url.port);
  return {
    [ATTR.mcpSessionId]: readText(transport['sessionId']),
    [ATTR.mcpProtocolVersion]: readText(transport['protocolVersion']),
    [ATTR.networkTransport]: wire,
    [ATTR.serverAddress]: url?.hostname,
    [ATTR.serverPort]: port,
  };
}

/** Whether somebody records this tool call already: docs/gen-ai/mcp.md asks for no second span then (Client). */
function isActiveTool(request: Attributes): boolean {
  const name = request[ATTR.toolName];
  const active = name === undefined ? undefined : readActiveAttributes();
  return active?.[ATTR.operationName] === OPERATION.executeTool && active[ATTR.toolName] === name;
}

/** Only tool calls have an operation's name; all are clients (docs/gen-ai/mcp.md, Client). */
function openRequest(method: string, params: Fields, attributes: Attributes): Operation | undefined {
  const isTool = method === 'tools/call';
  const target = attributes[ATTR.toolName] ?? attributes[ATTR.promptName];
  return open({
    kind: { ...KINDS.tool, spanKind: SpanKind.CLIENT },
    name: '',
    spanName: typeof target === 'string' ? `${method} ${target}` : method,
    options: {
      input: isTool ? params['arguments'] : undefined,
      attributes: isTool ? attributes : { ...attributes, [ATTR.operationName]: undefined },
    },
    attributes: {},
  });
}

function endRequest(operation: Operation, answer: unknown): void {
  quietly(() => {
    const { isError, content, structuredContent } = readFields(answer);
    if (Array.isArray(content)) operation.setOutput(structuredContent ?? content);
    if (isError !== true) return;
    operation.setAttributes({ [ATTR.errorType]: ERROR_TYPE_TOOL });
    operation.span.setStatus({ code: SpanStatusCode.ERROR, message: readErrorText(content) });
  });
  operation.end();
}

function readErrorText(content: unknown): string {
  const texts = readList(content).map((part) => readText(readFields(part)['text']));
  return texts.find((text) => text !== undefined) ?? renderJson(content) ?? '';
}

/** Whoever aborts a request gets the error of a timeout (@modelcontextprotocol/sdk 1 shared/protocol.ts, `cancel`). */
function failRequest(operation: Operation, error: unknown, hasAborted: boolean): void {
  if (hasAborted) {
    operation.fail(new DOMException('The request was aborted', 'AbortError'));
    return;
  }
  operation.recordError(error);
  const code = readNumber(readFields(error)['code']);
  if (code !== undefined) {
    operation.setAttributes({ [ATTR.errorType]: String(code), [ATTR.rpcStatusCode]: String(code) });
  }
  operation.end();
}

function isAborted(options: unknown): boolean {
  const { signal } = readFields(options);
  return signal instanceof AbortSignal && signal.aborted;
}
