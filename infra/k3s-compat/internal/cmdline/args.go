// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"sort"
	"strings"
)

// ComponentArgs joins the arguments that a component gets anyway with the owner's (--kubelet-arg and the like, written
// `key=value` or `key`). The owner's value for a key replaces the preset one; a key given several times stays several.
func ComponentArgs(preset map[string]string, owner []string) []string {
	values := make(map[string][]string, len(preset))
	for key, value := range preset {
		values[key] = []string{value}
	}
	replaced := map[string]bool{}
	for _, arg := range owner {
		key, value, found := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !found {
			value = "true"
		}
		if !replaced[key] {
			replaced[key], values[key] = true, nil
		}
		values[key] = append(values[key], value)
	}
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var args []string
	for _, key := range keys {
		for _, value := range values[key] {
			args = append(args, "--"+key+"="+value)
		}
	}
	return args
}
