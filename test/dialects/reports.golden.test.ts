import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readLog, readReportContent } from '../../collector/dialects/normalize.js';
import type { LogRecordData } from '../../collector/model/span-data.js';
import { decodeCapture } from './decoded-captures.js';

const GOLDEN = fileURLToPath(new URL('../golden/dialects/', import.meta.url));
const NANOS_PER_MILLI = 1_000_000n;

/** What was understood of a log record, without what is empty; undefined where it reports nothing. */
function describeRecord(log: LogRecordData): unknown {
  const { report, sessionId } = readLog(log);
  if (report === null) return undefined;
  const { data, facts } = report;
  const { usage, ...rest } = facts;
  const { systemInstructions, ...content } = readReportContent(log);
  return {
    name: data.name,
    isInTrace: data.traceId !== '',
    session: sessionId,
    milliseconds: Number((data.endTimeUnixNano - data.startTimeUnixNano) / NANOS_PER_MILLI),
    ...dropEmpty({ ...rest, usage: dropEmpty(usage) }),
    content: dropEmpty({ ...content, systemInstructions: systemInstructions?.length }),
  };
}

function dropEmpty(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => {
      if (value === null || value === undefined || value === false) return false;
      return typeof value !== 'object' || Object.keys(value as object).length > 0;
    }),
  );
}

describe('what the log records of each coding agent report is as the golden file says', () => {
  it.each(['claude-code-logs-metrics', 'codex-cli-exec', 'copilot-chat-agent', 'gemini-cli-tool-error'])(
    '%s',
    (name) => {
      const described = decodeCapture(name).logs.map(describeRecord);
      const actual = `${JSON.stringify(
        described.filter((record) => record !== undefined),
        null,
        1,
      )}\n`;
      const file = `${GOLDEN}${name}.records.json`;
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual);
      expect(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read it`).toBe(true);
      expect(actual).toBe(readFileSync(file, 'utf8'));
    },
  );
});
