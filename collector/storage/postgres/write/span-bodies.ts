import type { AnyValue, KeyValue } from '../../../model/any-value.js';
import type { NormalizedSpan } from '../../../model/normalized-span.js';
import type { SpanEventData } from '../../../model/span-data.js';
import type { SeenPiece } from '../contents/content-store.js';
import type { SpanTexts } from '../contents/span-texts.js';
import type { CopyBuffer } from '../copy/copy-buffer.js';
import { encodeEvents } from '../rows/nested-codec.js';
import { encodeValue, isOddText } from '../value-codec.js';
import type { ShareText } from '../value-codec.js';
import { SPAN_KEYS } from './span-keys.js';
import type { SpanKey } from './span-keys.js';

/** Encoded attributes and events longer than this go to `span_payloads`, whatever they are. */
const LARGE_VALUE_LENGTH = 1024;
/** A text up to this length is no large value however it is encoded: each code unit takes seven at most. */
const SMALL_TEXT_LENGTH = 128;

const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * The attributes and events of one span after the other, as {@link encodeValue} has them: message bodies and large values
 * (`heavy`, for `span_payloads`) told from the rest (`light`). Nothing is encoded twice, and most texts straight into
 * the buffer.
 */
export class SpanBodies {
  private attributes: readonly KeyValue[] = [];
  private events: readonly SpanEventData[] = [];
  private readonly keys: SpanKey[] = [];
  /** By attribute: its value, where it had to be encoded to know its length. */
  private readonly values: (string | undefined)[] = [];
  private heavyCount = 0;
  private encodedEvents: string | null = null;
  private areEventsHeavy = false;

  get hasPayload(): boolean {
    return this.heavyCount > 0 || this.areEventsHeavy;
  }

  /** Turns to a span. All values of one key stay together, in their order. */
  read({ data, contentKeys, hasContentEvents }: NormalizedSpan): void {
    this.attributes = data.attributes;
    this.events = data.events;
    this.keys.length = 0;
    this.values.length = 0;
    SPAN_KEYS.begin();
    for (const { key, value } of data.attributes) {
      const spanKey = SPAN_KEYS.add(key);
      const isBody = contentKeys.has(key);
      const encoded = isBody || isSizeKnown(value) ? undefined : encodeValue(value);
      if (isBody || isLarge(value, encoded)) spanKey.isHeavy = true;
      this.keys.push(spanKey);
      this.values.push(encoded);
    }
    this.heavyCount = 0;
    for (const { isHeavy } of this.keys) if (isHeavy) this.heavyCount += 1;
    this.encodedEvents = encodeEvents(data.events);
    this.areEventsHeavy =
      this.encodedEvents !== null && (hasContentEvents || this.encodedEvents.length > LARGE_VALUE_LENGTH);
  }

  putLightAttributes(buffer: CopyBuffer): void {
    this.putAttributes(buffer, { isHeavy: false }, (value, index) => {
      this.addValue(buffer, value, index);
    });
  }

  putLightEvents(buffer: CopyBuffer): void {
    buffer.putJsonb(this.areEventsHeavy ? null : this.encodedEvents);
  }

  /** Puts the attributes and events of the payload, and cuts their texts. */
  putHeavy(buffer: CopyBuffer, texts: SpanTexts): void {
    this.putAttributes(buffer, { isHeavy: true }, (value, index) => {
      const pieces = typeof value === 'string' && !isOddText(value) ? texts.cut(value) : undefined;
      if (pieces !== undefined) {
        addPieces(buffer, pieces);
        return;
      }
      texts.cutWithin(value);
      this.addValue(buffer, value, index);
    });
    buffer.putJsonb(this.areEventsHeavy ? this.encodedEvents : null);
    if (this.areEventsHeavy) for (const { attributes } of this.events) texts.cutAll(attributes);
  }

  /** Puts the same without the texts that repeat. */
  putShared(buffer: CopyBuffer, share: ShareText): void {
    this.putAttributes(buffer, { isHeavy: true }, (value) => {
      buffer.addJson(encodeValue(value, share));
    });
    buffer.putJsonb(this.areEventsHeavy ? encodeEvents(this.events, share) : null);
  }

  private putAttributes(
    buffer: CopyBuffer,
    { isHeavy }: { isHeavy: boolean },
    addValue: (value: AnyValue, index: number) => void,
  ): void {
    const { attributes, keys } = this;
    if ((isHeavy ? this.heavyCount : attributes.length - this.heavyCount) === 0) {
      buffer.putJsonb(null);
      return;
    }
    const isPairs = keys.some((key) => key.isHeavy === isHeavy && (key.isOdd || key.isRepeated));
    const start = buffer.beginJsonb();
    buffer.addJson(isPairs ? '{"$pairs":[' : '{');
    let isFirst = true;
    for (let index = 0; index < attributes.length; index += 1) {
      const key = keys[index];
      const attribute = attributes[index];
      if (key?.isHeavy !== isHeavy || attribute === undefined) continue;
      if (!isFirst) buffer.addJsonByte(COMMA);
      isFirst = false;
      if (isPairs) buffer.addJson(`[${encodeValue(attribute.key)},`);
      else buffer.addJsonBytes(key.json);
      addValue(attribute.value, index);
      if (isPairs) buffer.addJson(']');
    }
    buffer.addJson(isPairs ? ']}' : '}');
    buffer.endJsonb(start);
  }

  private addValue(buffer: CopyBuffer, value: AnyValue, index: number): void {
    if (typeof value === 'string' && buffer.addPlainJsonString(value)) return;
    const encoded = this.values[index];
    if (encoded !== undefined) {
      buffer.addJson(encoded);
    } else if (typeof value !== 'string' || isOddText(value)) {
      buffer.addJson(encodeValue(value));
    } else {
      buffer.addJsonByte(QUOTE);
      buffer.addEscapedJson(value);
      buffer.addJsonByte(QUOTE);
    }
  }
}

/** Whether its length alone tells that a text is a large value or none. */
function isSizeKnown(value: AnyValue): boolean {
  return (
    typeof value === 'string' && (value.length <= SMALL_TEXT_LENGTH || value.length >= LARGE_VALUE_LENGTH)
  );
}

function isLarge(value: AnyValue, encoded: string | undefined): boolean {
  if (encoded !== undefined) return encoded.length > LARGE_VALUE_LENGTH;
  return typeof value === 'string' && value.length >= LARGE_VALUE_LENGTH;
}

/** Adds a text of which the pieces are given. */
function addPieces(buffer: CopyBuffer, pieces: readonly SeenPiece[]): void {
  buffer.addJsonByte(QUOTE);
  for (const { text, known } of pieces) {
    if (known?.json !== undefined) {
      buffer.addJsonBytes(known.json);
      continue;
    }
    const start = buffer.length;
    buffer.addEscapedJson(text);
    if (known !== undefined) known.json = new Uint8Array(buffer.view(start));
  }
  buffer.addJsonByte(QUOTE);
}
