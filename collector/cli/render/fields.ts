import type { Brush, Canvas } from './paint.js';
import { cleanLine, cutText, padText, wrapText } from './text.js';

/** A label and what there is to say; a field without text is left out. */
export interface Field {
  label: string;
  text: string | null;
  brush?: Brush;
  /** Only the beginning of a long text, on one line. */
  isPreview?: boolean;
}

/** The texts aligned beside their labels; a long one goes on beneath. */
export function renderFields(fields: readonly Field[], canvas: Canvas): string {
  const present = fields.filter((field) => field.text !== null && field.text !== '');
  const labelWidth = present.reduce((widest, field) => Math.max(widest, field.label.length), 0);
  return present
    .flatMap(({ label, text, brush = canvas.paint.plain, isPreview = false }) => {
      const line = cleanLine(text ?? '');
      const room = Math.max(20, canvas.width - labelWidth - 4);
      return (isPreview ? [cutText(line, room)] : wrapText(line, room)).map(
        (part, index) =>
          `  ${canvas.paint.dim(padText(index === 0 ? label : '', labelWidth))}  ${brush(part)}`,
      );
    })
    .join('\n');
}
