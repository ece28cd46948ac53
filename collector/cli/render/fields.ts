import type { Brush, Canvas } from './paint.js';
import { cleanLine, cutText, padText } from './text.js';

/** A label and what there is to say; a field without text is left out. */
export interface Field {
  label: string;
  text: string | null;
  brush?: Brush;
}

/** One line a field, the texts aligned. */
export function renderFields(fields: readonly Field[], canvas: Canvas): string {
  const present = fields.filter((field) => field.text !== null && field.text !== '');
  const labelWidth = present.reduce((widest, field) => Math.max(widest, field.label.length), 0);
  return present
    .map(({ label, text, brush }) => {
      const cut = cutText(cleanLine(text ?? ''), Math.max(20, canvas.width - labelWidth - 4));
      return `  ${canvas.paint.dim(padText(label, labelWidth))}  ${(brush ?? canvas.paint.plain)(cut)}`;
    })
    .join('\n');
}
