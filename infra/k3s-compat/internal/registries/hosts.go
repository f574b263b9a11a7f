// SPDX-License-Identifier: Apache-2.0

package registries

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Host is one hosts.toml: endpoints in the order in which they are tried, then the default.
type Host struct {
	Endpoints []Endpoint
	// Default is tried last. nil stands for "no server line": containerd then asks the registry itself.
	Default *Endpoint
}

// Endpoint is one place that is asked.
type Endpoint struct {
	URL          string
	OverridePath bool // URL's path is complete; containerd appends no /v2
	TLS          *TLS
}

// Hosts computes containerd's folders (registry name, or "_default" for "*") from file. The default endpoint is the last
// resort of every registry, also of those with mirrors, unless noDefaultEndpoint: then the registries listed under
// mirrors (and no others) are asked at their mirrors alone.
func Hosts(file *File, noDefaultEndpoint bool) (map[string]Host, error) {
	out := map[string]Host{}
	for name, config := range file.Configs {
		if config.TLS == nil {
			continue // credentials belong into containerd's own configuration, not here
		}
		var endpoint Endpoint
		if name != "*" { // "*" has no address of its own: each registry's is used
			var err error
			if endpoint, err = newEndpoint(name, nil, file.Configs); err != nil {
				return nil, fmt.Errorf("configs: %q: %w", name, err)
			}
		}
		endpoint.TLS = config.TLS
		out[folder(name)] = Host{Default: &endpoint}
	}
	for name, mirror := range file.Mirrors {
		host := out[folder(name)]
		seen := map[string]bool{}
		for _, text := range mirror.Endpoints {
			endpoint, err := newEndpoint(text, mirror.Rewrites, file.Configs)
			if err != nil {
				return nil, fmt.Errorf("mirrors: %q: endpoint %q: %w", name, text, err)
			}
			if !seen[endpoint.URL] {
				seen[endpoint.URL] = true
				host.Endpoints = append(host.Endpoints, endpoint)
			}
		}
		if len(host.Endpoints) == 0 {
			continue // nothing to try before the default: as if it were not listed (K3s)
		}
		if noDefaultEndpoint {
			// containerd always has a last endpoint and falls back to the registry when none is named: so the last
			// mirror takes that place.
			last := host.Endpoints[len(host.Endpoints)-1]
			host.Default, host.Endpoints = &last, host.Endpoints[:len(host.Endpoints)-1]
		}
		out[folder(name)] = host
	}
	return out, nil
}

func folder(name string) string {
	if name == "*" {
		return "_default"
	}
	return name
}

// newEndpoint completes an endpoint as K3s does: https unless it is a port of localhost, docker.io's real host, the
// path /v2 unless another is given.
func newEndpoint(text string, rewrites map[string]string, configs map[string]Config) (Endpoint, error) {
	if !strings.Contains(text, "://") {
		text = "//" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Endpoint{}, err
	}
	if u.Host == "" {
		return Endpoint{}, fmt.Errorf("no host in %q", text)
	}
	name := u.Host
	if u.Scheme == "" {
		u.Scheme = defaultScheme(u)
	}
	if u.Host == "docker.io" {
		u.Host = "registry-1.docker.io"
	} else if u.Host == "registry-1.docker.io" {
		name = "docker.io"
	}
	override := true
	if path := strings.TrimRight(u.Path, "/"); path == "" || path == "/v2" {
		u.Path, override = "/v2", false
	}
	prefix, err := rewritePrefix(rewrites)
	if err != nil {
		return Endpoint{}, err
	}
	if prefix != "" {
		u.Path, override = strings.TrimRight(u.Path, "/")+"/"+prefix, true
	}
	config, found := configs[u.Host]
	if !found {
		config = configs[name]
	}
	return Endpoint{URL: u.String(), OverridePath: override, TLS: config.TLS}, nil
}

func defaultScheme(u *url.URL) string {
	port := u.Port()
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if local && port != "" && port != "443" {
		return "http"
	}
	return "https"
}
