// SPDX-License-Identifier: Apache-2.0

/** The report's one script. Everything can be read without it; it adds a filter over the attempts. */
export const SCRIPT = `
'use strict';
const box = document.querySelector('.filter');
if (box !== null) {
  const input = box.querySelector('input');
  const said = box.querySelector('[role="status"]');
  const groups = [...document.querySelectorAll('.culprit')];
  const total = document.querySelectorAll('.attempt').length;
  box.hidden = false;
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      const head = group.querySelector('header').textContent;
      let any = false;
      for (const attempt of group.querySelectorAll('.attempt')) {
        const text = (head + attempt.textContent).toLowerCase();
        const fits = words.every((word) => text.includes(word));
        attempt.hidden = !fits;
        any ||= fits;
        if (fits) shown += 1;
      }
      group.hidden = !any;
    }
    said.textContent = words.length === 0 ? '' : shown + ' of ' + total + ' shown';
  });
}
`;
