// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { html } from '../../../reports/html/html.ts';

describe('markup by template', () => {
  it('escapes every value, in text and in attributes', () => {
    const evil = `"><script>alert('x')</script>&`;
    expect(html`<a title="${evil}">${evil}</a>`.text).to.equal(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</a>',
    );
  });

  it('keeps markup, joins lists, and leaves out null', () => {
    expect(html`<ul>${[html`<li>1</li>`, '<', null, 2]}</ul>${null}`.text).to.equal(
      '<ul><li>1</li>&lt;2</ul>',
    );
  });
});
