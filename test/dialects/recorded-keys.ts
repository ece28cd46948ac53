import { KeyValueList, type KeyValue } from '../../collector/model/any-value.js';
import { readEventName } from '../../collector/dialects/message-events.js';
import type { RecordedKeys } from '../../collector/dialects/table-keys.js';
import {
  listCaptures,
  listRecordings,
  loadCapture,
  loadRecording,
  type Capture,
} from '../support/captures.js';
import { decodeRequests } from './decoded-captures.js';

/** The keys of all spans and log records among the fixtures, told apart by whether a real application sent them. */
export function readRecordedKeys(): RecordedKeys {
  const keys = { sent: new Set<string>(), handMade: new Set<string>() };
  const fixtures = [...listCaptures().map(loadCapture), ...listRecordings().map(loadRecording)];
  for (const fixture of fixtures) {
    const seen = fixture.expected['synthetic'] === true ? keys.handMade : keys.sent;
    for (const key of listKeys(fixture)) seen.add(key);
  }
  return keys;
}

function listKeys(fixture: Capture): string[] {
  const { spans, logs } = decodeRequests(fixture.requests);
  return [
    ...spans.flatMap(({ attributes }) => namesOf(attributes)),
    ...logs.flatMap((log) => [
      readEventName(log),
      ...namesOf(log.attributes),
      ...(log.body instanceof KeyValueList ? namesOf(log.body.entries) : []),
    ]),
  ];
}

function namesOf(attributes: readonly KeyValue[]): string[] {
  return attributes.map(({ key }) => key);
}
