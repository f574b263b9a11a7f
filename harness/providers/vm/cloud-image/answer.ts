// SPDX-License-Identifier: Apache-2.0

/** What a machine said while it was prepared. */
export interface Answer {
  /** The line of its os-release that names it; empty: none. */
  readonly osRelease: string;
  /** What a node needs and the image has not. */
  readonly lacks: readonly string[];
  /** Everything is in place. */
  readonly isPrepared: boolean;
}

/** Reads the lines of infra/vm/cloud/prepare.sh, as they come over a serial port. The text is untrusted. */
export function readAnswer(text: string): Answer {
  const lines = text.split(/[\r\n]+/);
  const lacks = lines.flatMap((line) => (line.startsWith('lacks ') ? [line.slice('lacks '.length)] : []));
  return {
    osRelease: lines.find((line) => line.startsWith('PRETTY_NAME=')) ?? '',
    lacks,
    isPrepared: lacks.length === 0 && lines.includes('prepared'),
  };
}
