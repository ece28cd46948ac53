// What is true of a run, from the model server's ledger and from what the run's document says of its script; and what of
// it a correct reader can get from the export requests alone.
import { readFileSync } from 'node:fs';

/** The sums of a ledger, in the words of the captures' `expected.json`. */
function sumLedger(ledger) {
  const answered = ledger.filter((call) => call.status === 200);
  const sum = (key) => answered.reduce((total, call) => total + call[key], 0);
  return {
    llm_calls: answered.length,
    llm_errors: ledger.length - answered.length,
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    cached_input_tokens: sum('cached_input_tokens'),
    cache_creation_tokens: sum('cache_creation_tokens'),
    reasoning_tokens: sum('reasoning_tokens'),
    models: [...new Set(answered.map((call) => call.response_model))],
  };
}

/**
 * The `expected.json` of a run: the truth, and under `observable` the truth less the run's gaps. A gap names a key, the
 * value that is in the bodies, and why it differs.
 */
export function describeTruth(name, run, ledger) {
  const { llm_errors: llmErrors, models, ...sums } = sumLedger(ledger);
  const gaps = Object.entries(run.gaps);
  return {
    scenario: name,
    dialect: run.dialect,
    instrumentation: describeSenders(run.sent_by),
    ...sums,
    llm_errors: llmErrors,
    models,
    ...run.truth,
    calls: ledger,
    synthetic: false,
    observable: {
      ...sums,
      failed_calls: llmErrors,
      errors: run.truth.errors,
      tools: run.truth.tools,
      agents: run.truth.agents,
      models,
      session_id: run.truth.session_id ?? null,
      user_id: run.truth.user_id ?? null,
      ...Object.fromEntries(gaps.map(([key, gap]) => [key, gap.observable])),
    },
    not_in_payload: gaps.map(([key]) => key),
    gaps: run.gaps,
  };
}

/** Package names with the versions that are pinned in package.json. */
function describeSenders(names) {
  const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
  return names
    .map((name) =>
      dependencies[name].startsWith('npm:') ? dependencies[name].slice(4) : `${name}@${dependencies[name]}`,
    )
    .join(' + ');
}
