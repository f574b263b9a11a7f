// SPDX-License-Identifier: Apache-2.0

// Package registries reads /etc/rancher/k3s/registries.yaml and writes containerd's equivalent.
package registries

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"
)

// File is registries.yaml.
type File struct {
	Mirrors map[string]Mirror `yaml:"mirrors"`
	Configs map[string]Config `yaml:"configs"`
}

// Mirror says where a registry's images are looked for before the registry itself.
type Mirror struct {
	Endpoints []string          `yaml:"endpoint"`
	Rewrites  map[string]string `yaml:"rewrite"`
}

// Config is how one host is spoken to.
type Config struct {
	Auth *Auth `yaml:"auth"`
	TLS  *TLS  `yaml:"tls"`
}

// Auth is a registry's credentials.
type Auth struct {
	Username      string `yaml:"username"`
	Password      string `yaml:"password"`
	Auth          string `yaml:"auth"`
	IdentityToken string `yaml:"identity_token"`
}

// TLS names the files of a private authority and of a client certificate.
type TLS struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
}

// Read reads file; a missing one is an empty File. Keys that are not known are refused: a misspelt mirror would
// otherwise be a pull from the outside.
func Read(file string) (*File, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	} else if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	var out File
	if err := decoder.Decode(&out); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &out, nil
}
