import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../semconv.js';
import type { InitOptions } from './options.js';
import type { Variables } from './variables.js';

/** The resource's attributes that options and environment name, in the order in which they win. */
export function readResourceAttributes(options: InitOptions, variables: Variables): Attributes {
  const serviceName = variables.string('OTEL_SERVICE_NAME');
  const given: Record<string, string | undefined> = {
    [ATTR.serviceName]: options.serviceName,
    [ATTR.serviceVersion]: options.serviceVersion,
    [ATTR.deploymentEnvironment]: options.environment,
  };
  return {
    ...readResourceVariable(variables),
    ...(serviceName !== undefined && { [ATTR.serviceName]: serviceName }),
    ...options.resourceAttributes,
    ...Object.fromEntries(
      Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}

/**
 * `OTEL_RESOURCE_ATTRIBUTES`: pairs `key=value` with a comma between, percent-encoded. With any error the whole value is
 * discarded (resource/sdk.md, "Specifying resource information via an environment variable").
 */
function readResourceVariable(variables: Variables): Attributes {
  const text = variables.string('OTEL_RESOURCE_ATTRIBUTES');
  if (text === undefined) return {};
  const attributes: Attributes = {};
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const [key = '', value, ...rest] = pair.split('=').map((half) => decode(half.trim()));
    if (key === '' || value === undefined || rest.length > 0) {
      variables.problems.push(
        `OTEL_RESOURCE_ATTRIBUTES is ignored: "${pair.trim()}" is no key=value with "," and "=" percent-encoded`,
      );
      return {};
    }
    attributes[key] = value;
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
