// SPDX-License-Identifier: Apache-2.0

package registries

import (
	"fmt"
	"regexp"
	"strings"
)

// K3s ships its own containerd, which rewrites repository names by regular expressions. Upstream containerd cannot, but
// it can put a path before every repository of an endpoint, which is the rewrite that air-gapped mirrors use:
// `"(.*)": "mirror/$1"`. That one is honoured; any other is refused, because pulling another name than the site's mirror
// holds would report a defect that is not the bundle's.
var (
	wholeName = regexp.MustCompile(`^\^?\(\.[*+]\)\$?$`)
	prefixed  = regexp.MustCompile(`^([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)/(?:\$1|\$\{1\})$`)
)

// rewritePrefix gives the path that rewrites put before a repository's name, "" for none.
func rewritePrefix(rewrites map[string]string) (string, error) {
	if len(rewrites) == 0 {
		return "", nil
	}
	if len(rewrites) > 1 {
		return "", fmt.Errorf("%d rewrites for one mirror; this stand-in honours a single one", len(rewrites))
	}
	for pattern, replacement := range rewrites {
		match := prefixed.FindStringSubmatch(replacement)
		if !wholeName.MatchString(strings.TrimSpace(pattern)) || match == nil {
			return "", fmt.Errorf(`rewrite %q: %q cannot be honoured; this stand-in knows only "(.*)": "prefix/$1" (K3s's containerd knows more)`,
				pattern, replacement)
		}
		return match[1], nil
	}
	return "", nil
}
