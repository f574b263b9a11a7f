// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// ErrHelp says that the arguments ask for help.
var ErrHelp = flag.ErrHelp

// Parse reads the arguments after `k3s server`. Command line wins over config files, these over the environment.
// A flag or a config key that is not known is refused by its name.
func Parse(args []string) (*Options, error) {
	options := defaults()
	s := newSet(options)
	file, required := configFile(options.ConfigFile, args)
	settings, err := readConfig(file, required)
	if err != nil {
		return nil, fmt.Errorf("config file: %w", err)
	}
	s.source = fromFile
	for _, setting := range settings {
		if err := s.apply(setting); err != nil {
			return nil, err
		}
	}
	s.source = fromCommandLine
	if err := s.Parse(args); err != nil {
		if name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: "); unknown {
			return nil, refusal(name, "command line")
		}
		return nil, err
	}
	if s.NArg() > 0 {
		return nil, fmt.Errorf("command line: k3s server takes no argument %q", s.Arg(0))
	}
	if options.Token == "" && options.TokenFile != "" {
		content, err := os.ReadFile(options.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token file: %w", err)
		}
		options.Token = strings.TrimSpace(string(content))
	}
	return options, nil
}

func (s *set) apply(setting setting) error {
	defined := s.Lookup(setting.key)
	if defined == nil || setting.key == "config" || setting.key == "c" {
		return refusal(setting.key, setting.file)
	}
	for _, value := range setting.values {
		if value == "" && isBool(defined.Value) {
			value = "true"
		}
		if err := s.Set(setting.key, value); err != nil {
			return fmt.Errorf("%s: %q: %w", setting.file, setting.key, err)
		}
	}
	return nil
}

func isBool(value flag.Value) bool {
	b, ok := value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// configFile finds the config file before flags are parsed, because its values rank below them. A file that was asked
// for must exist; the default one need not.
func configFile(preset string, args []string) (file string, required bool) {
	file, required = preset, os.Getenv("K3S_CONFIG_FILE") != ""
	probe := newSet(defaults())
	for rest := args; len(rest) > 0; {
		name, value, joined := strings.Cut(strings.TrimLeft(rest[0], "-"), "=")
		isConfig := strings.HasPrefix(rest[0], "-") && (name == "config" || name == "c")
		defined := probe.Lookup(name)
		width := 1
		if !joined && defined != nil && !isBool(defined.Value) && len(rest) > 1 {
			value, width = rest[1], 2
		}
		if isConfig {
			file, required = value, true
		}
		rest = rest[width:]
	}
	return file, required
}

// IsHelp tells whether err is only a request for help.
func IsHelp(err error) bool { return errors.Is(err, ErrHelp) }
