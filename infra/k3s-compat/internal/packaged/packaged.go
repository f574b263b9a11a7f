// SPDX-License-Identifier: Apache-2.0

// Package packaged holds the manifests that come with the program, as K3s's do.
package packaged

import (
	"embed"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"

	"airgap.dev/k3s-compat/internal/version"
)

// manifests has K3s's own layout: a file, or a folder of files, is a component, named as in --disable.
//
//go:embed manifests
var manifests embed.FS

// Values fill the placeholders of the manifests.
type Values struct {
	ClusterDNS, ClusterDomain, NodeIP, NodeName string
	LocalStoragePath                            string
	SystemDefaultRegistry                       string // prefix of the images, "" for none
}

var imageLine = regexp.MustCompile(`(?m)^\s*image: "([^"]+)"`)

// Write puts the packaged manifests into dir, unless they are disabled or a file NAME.yaml.skip lies there. A disabled
// one that lies there stays until the deploy controller has deleted its objects. A component is left out as well when one of
// its images is not on the node, as hasImage tells: here each has an archive of its own, and a node is given those that are
// wanted. CoreDNS is never left out for that.
func Write(dir string, disabled []string, values Values, hasImage func(reference string) bool) error {
	rendered, err := render(values)
	if err != nil {
		return err
	}
	components := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		component, _, _ := strings.Cut(strings.TrimSuffix(name, ".yaml"), "/")
		components[component] = append(components[component], name)
	}
	for component, files := range components {
		if slices.Contains(disabled, component) || component != "coredns" && !complete(component, files, rendered, hasImage) {
			continue
		}
		for _, name := range files {
			if err := writeFile(filepath.Join(dir, name), rendered[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// complete says whether all images of a component are on the node, and logs which is not.
func complete(component string, files []string, rendered map[string]string, hasImage func(string) bool) bool {
	for _, name := range files {
		for _, match := range imageLine.FindAllStringSubmatch(rendered[name], -1) {
			if !hasImage(match[1]) {
				logrus.Infof("Packaged component %s is left out: its image %s is not on this node", component, match[1])
				return false
			}
		}
	}
	return true
}

func writeFile(file, content string) error {
	if _, err := os.Stat(file + ".skip"); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o600)
}

// render fills in all manifests; keys are their paths below the manifests folder.
func render(values Values) (map[string]string, error) {
	fill := strings.NewReplacer(
		"%{CLUSTER_DNS}%", values.ClusterDNS,
		"%{CLUSTER_DOMAIN}%", values.ClusterDomain,
		"%{NODE_HOSTS}%", values.NodeIP+" "+values.NodeName,
		"%{COREDNS_VERSION}%", strings.TrimPrefix(version.CoreDNS, "v"),
		"%{DEFAULT_LOCAL_STORAGE_PATH}%", values.LocalStoragePath,
		"%{SYSTEM_DEFAULT_REGISTRY}%", Prefix(values.SystemDefaultRegistry),
	)
	rendered := map[string]string{}
	err := fs.WalkDir(manifests, "manifests", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := manifests.ReadFile(name)
		rendered[strings.TrimPrefix(name, "manifests/")] = fill.Replace(string(content))
		return err
	})
	return rendered, err
}

// Prefix is what stands before the name of an image that comes from the given registry.
func Prefix(registry string) string {
	if registry == "" {
		return ""
	}
	return strings.TrimRight(registry, "/") + "/"
}
