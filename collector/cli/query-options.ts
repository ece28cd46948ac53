import { Option, type Command } from 'commander';
import type { z } from 'zod';
import { SchemaWriter } from '../contract/json-schema.js';
import { listParameters, type Parameter } from '../contract/openapi.js';
import type { Route } from '../contract/route.js';
import { CliFailure, EXIT } from './failures.js';
import { startOfDay, WHAT_TIME_IS } from './time-option.js';

type QueryRoute<Query extends z.ZodObject> = Route & { query: Query };

/** Gives a command one option for each query parameter of the route: `min_cost_usd` becomes `--min-cost-usd`. */
export function addQueryOptions(command: Command, route: Route, leaveOut: readonly string[] = []): Command {
  for (const parameter of listQueryParameters(route)) {
    if (leaveOut.includes(parameter.name)) continue;
    const { type, enum: choices } = parameter.schema as { type?: unknown; enum?: string[] };
    const placeholder = choices?.join('|') ?? (type === 'string' || type === undefined ? 'text' : 'number');
    const flag = nameFlag(parameter.name);
    const description = describeParameter(parameter);
    command.addOption(new Option(type === 'boolean' ? flag : `${flag} <${placeholder}>`, description));
  }
  return command;
}

/**
 * What was given for the route's query, checked against the contract before it is sent; `fixed` is what the command
 * itself adds. Throws a usage failure that names the option at fault.
 */
export function readQueryOptions<Query extends z.ZodObject>(
  command: Command,
  route: QueryRoute<Query>,
  fixed: Readonly<Record<string, unknown>> = {},
): z.output<Query> {
  const given = command.opts<Record<string, string | boolean | undefined>>();
  const query: Record<string, unknown> = { ...fixed };
  for (const { name, schema } of listQueryParameters(route)) {
    const value = given[nameProperty(name)];
    if (value !== undefined) query[name] = readValue(name, value, (schema as { type?: unknown }).type);
  }
  const result = route.query.safeParse(query);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = String(issue?.path[0] ?? '');
  const message = TIME_PARAMETERS.has(name) ? WHAT_TIME_IS : spellFlags(issue?.message ?? '', route);
  throw new CliFailure(EXIT.usage, `${nameFlag(name)} was given "${String(query[name])}": ${message}`);
}

/** Parameters that take a time; on the command line also a day. */
const TIME_PARAMETERS: ReadonlySet<string> = new Set(['from', 'to', 'at']);

/** What the contract says of parameters, with the flags in place of their names. */
function spellFlags(message: string, route: Route): string {
  const names = listQueryParameters(route).flatMap(({ name }) => (name.includes('_') ? [name] : []));
  return names.reduce(
    (text, name) => text.replace(new RegExp(`\\b${name}\\b`, 'g'), nameFlag(name)),
    message,
  );
}

function listQueryParameters(route: Route): Parameter[] {
  return listParameters(route, new SchemaWriter()).filter((parameter) => parameter.in === 'query');
}

function readValue(name: string, value: string | boolean, type: unknown): unknown {
  if (TIME_PARAMETERS.has(name) && typeof value === 'string') return startOfDay(value);

  const isNumber =
    (type === 'integer' || type === 'number') && typeof value === 'string' && value.trim() !== '';
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : value;
}

function nameFlag(parameter: string): string {
  return `--${parameter.replaceAll('_', '-')}`;
}

/** The name under which commander keeps an option's value. */
function nameProperty(parameter: string): string {
  return parameter.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function describeParameter({ name, description }: Parameter): string {
  const text = plainText(description);
  return TIME_PARAMETERS.has(name) ? text.replace('RFC 3339', 'RFC 3339, a day in UTC') : text;
}

function plainText(text: string): string {
  return text.replaceAll('`', '').replace(/\.$/, '');
}
