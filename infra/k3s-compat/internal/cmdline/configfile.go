// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// setting is one key of the merged config files.
type setting struct {
	key    string
	file   string // the file that set it last
	values []string
}

// readConfig merges file and the *.yaml and *.yml files of file+".d" in alphabetical order: a later value replaces an
// earlier one, a key written `key+` appends to it. A missing file is an error only when required.
func readConfig(file string, required bool) ([]setting, error) {
	files := []string{file}
	entries, err := os.ReadDir(file + ".d")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries { // os.ReadDir sorts by name
		if ext := filepath.Ext(entry.Name()); !entry.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, filepath.Join(file+".d", entry.Name()))
		}
	}
	merged := map[string]setting{}
	for i, name := range files {
		content, err := os.ReadFile(name)
		if i == 0 && !required && errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		if err := merge(merged, name, content); err != nil {
			return nil, err
		}
	}
	out := make([]setting, 0, len(merged))
	for _, s := range merged {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out, nil
}

func merge(merged map[string]setting, file string, content []byte) error {
	var document map[string]any
	if err := yaml.Unmarshal(content, &document); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for key, value := range document {
		values, err := scalars(value)
		if err != nil {
			return fmt.Errorf("%s: %q: %w", file, key, err)
		}
		name, appends := strings.CutSuffix(key, "+")
		if appends {
			values = append(merged[name].values, values...)
		}
		merged[name] = setting{key: name, file: file, values: values}
	}
	return nil
}

// scalars turns a YAML value into flag values; null is the flag alone ("").
func scalars(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return []string{""}, nil
	case []any:
		var out []string
		for _, element := range v {
			inner, err := scalars(element)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		}
		return out, nil
	case map[string]any:
		return nil, errors.New("a mapping is not a value; write a scalar or a list")
	default:
		return []string{fmt.Sprint(v)}, nil
	}
}
