import { ATTR } from '../semconv.js';
import { writeRecord } from './emit-record.js';

/** Which model was chosen, and why. */
export interface ModelChoice {
  /** The model's name, as it is asked for. */
  model: string;
  /** The provider, by the name of the GenAI conventions: `openai`, `anthropic`, … */
  provider?: string | undefined;
  reason?: string | undefined;
}

/** Which model was left for which, and why. */
export interface ModelSwitch {
  from: string;
  to: string;
  /** The provider of the model that is used from now on. */
  provider?: string | undefined;
  reason?: string | undefined;
}

/** Records that a model was chosen for what comes next in the trace. Never throws. */
export function modelSelected({ model, provider, reason }: ModelChoice): void {
  writeRecord('model_selected', { reason }, describeModel(model, provider));
}

/** Records that one model was given up for another, as after an error or for its price. Never throws. */
export function modelSwitched({ from, to, provider, reason }: ModelSwitch): void {
  writeRecord('model_switched', { from, to, reason }, describeModel(undefined, provider));
}

function describeModel(model: string | undefined, provider: string | undefined) {
  return {
    ...(model !== undefined && { [ATTR.requestModel]: model }),
    ...(provider !== undefined && { [ATTR.providerName]: provider }),
  };
}
