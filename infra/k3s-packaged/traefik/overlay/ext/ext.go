// SPDX-License-Identifier: Apache-2.0

// Package ext stands in for a module that Traefik keeps inside its own repository and that is not served by module
// proxies: two types that Traefik embeds so that others can add options of their own. Here none are added.
package ext

// HTTP adds nothing to Traefik's HTTP configuration.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
