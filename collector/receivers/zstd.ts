import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress, decompress } from 'fzstd';
import { createTooLargeError } from './request-body.js';

/** Zstandard as Node 22.15 and later have it; the types of Node 20 don't know it. */
interface NativeZstd {
  createZstdDecompress?: (options: { chunkSize: number; params: Record<number, number> }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
}

const native = zlib as unknown as NativeZstd;

/** RFC 8878 section 3.1.1.1.2: a decoder should support at least 8 MiB, and may refuse more. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
const MAX_WINDOW_LOG = 23;
/** fzstd moves its whole window for each block: bounds what a body of many small blocks can make it do. */
const MAX_MOVED_BYTES = 8 * 1024 ** 3;
const MAX_BLOCK_BYTES = 128 * 1024;

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;
const CHECKSUM_BYTES = 4;
const COMPRESSED_BLOCK = 2;
const RLE_BLOCK = 1;

/** Node's own decompressor, or undefined where this Node has none. */
export function createNativeZstd(chunkSize: number): Transform | undefined {
  const windowLogMax = native.constants.ZSTD_d_windowLogMax;
  if (native.createZstdDecompress === undefined || windowLogMax === undefined) return undefined;
  return native.createZstdDecompress({ chunkSize, params: { [windowLogMax]: MAX_WINDOW_LOG } });
}

/** One frame of a zstd body (RFC 8878 section 3.1.1), as its headers describe it. */
interface Frame {
  bytes: Uint8Array;
  /** undefined where the header does not say. */
  contentBytes: number | undefined;
  windowBytes: number;
  blockCount: number;
}

/**
 * Inflates zstd by the fzstd package and hands out what comes. The headers of frames and blocks are read first, so
 * that no buffer is made for a window or a content that is larger than it may be.
 */
export function inflateZstd(encoded: Uint8Array, maxBytes: number, keep: (chunk: Buffer) => void): void {
  if (encoded.length === 0) throw new Error('it is empty');
  for (let rest = encoded; rest.length > 0;) {
    const frame = readFrame(rest);
    if (frame.blockCount > 0) inflateFrame(frame, maxBytes, keep);
    rest = rest.subarray(frame.bytes.length);
  }
}

function inflateFrame(frame: Frame, maxBytes: number, keep: (chunk: Buffer) => void): void {
  const { bytes, contentBytes, windowBytes, blockCount } = frame;
  if ((contentBytes ?? 0) > maxBytes) throw createTooLargeError(maxBytes);
  if (contentBytes !== undefined) {
    // Given no buffer, fzstd makes one of just this size and uses it as the window, too.
    if (contentBytes > 0) keep(toBuffer(decompress(bytes)));
    return;
  }
  if (windowBytes > MAX_WINDOW_BYTES || windowBytes * blockCount > MAX_MOVED_BYTES)
    throw createTooLargeError(maxBytes);
  const stream = new Decompress((chunk) => {
    keep(toBuffer(chunk));
  });
  stream.push(bytes, true);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new Error('it is cut off');
  const magic = view.getUint32(0, true);
  if (magic >>> 4 === SKIPPABLE_MAGIC) return readSkippableFrame(bytes, view);
  if (magic !== MAGIC) throw new Error('the magic number is another');
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
  const sizeStart = 5 + Number(!isSingleSegment) + dictionaryBytes;
  if (sizeStart + sizeBytes > bytes.length) throw new Error('it is cut off');
  const contentBytes = readContentSize(view, sizeStart, sizeBytes);
  const hasChecksum = (descriptor & 4) !== 0;
  const { end, count } = walkBlocks(view, sizeStart + sizeBytes);
  const frameEnd = end + (hasChecksum ? CHECKSUM_BYTES : 0);
  if (frameEnd > bytes.length) throw new Error('it is cut off');
  return {
    bytes: bytes.subarray(0, frameEnd),
    contentBytes,
    windowBytes: isSingleSegment ? (contentBytes ?? 0) : readWindowSize(view.getUint8(5)),
    blockCount: count,
  };
}

function readSkippableFrame(bytes: Uint8Array, view: DataView): Frame {
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) throw new Error('it is cut off');
  return { bytes: bytes.subarray(0, end), contentBytes: 0, windowBytes: 0, blockCount: 0 };
}

function readContentSize(view: DataView, start: number, sizeBytes: number): number | undefined {
  if (sizeBytes === 1) return view.getUint8(start);
  if (sizeBytes === 2) return view.getUint16(start, true) + 256;
  if (sizeBytes === 4) return view.getUint32(start, true);
  return sizeBytes === 8 ? Number(view.getBigUint64(start, true)) : undefined;
}

/** RFC 8878 section 3.1.1.1.2. */
function readWindowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** From the first block of a frame to the end of its last (RFC 8878 section 3.1.1.2). */
function walkBlocks(view: DataView, start: number): { end: number; count: number } {
  let end = start;
  for (let count = 1; ; count++) {
    if (end + 3 > view.byteLength) throw new Error('it is cut off');
    const header = view.getUint16(end, true) | (view.getUint8(end + 2) << 16);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type > COMPRESSED_BLOCK || size > MAX_BLOCK_BYTES) throw new Error('a block header is wrong');
    end += 3 + (type === RLE_BLOCK ? 1 : size);
    if (end > view.byteLength) throw new Error('it is cut off');
    if ((header & 1) === 1) return { end, count };
  }
}
