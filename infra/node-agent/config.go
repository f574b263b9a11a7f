// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// bind places a file or folder at a path inside the node.
type bind struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// nodeFile is written into the node's own root.
type nodeFile struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

// nodeConfig is what `init` is told. Every host path in it is absolute and free of symbolic links: it is looked up
// below the old root after the node's own root is in place.
type nodeConfig struct {
	Hostname string `json:"hostname"`
	// Folder in which the two sockets are made.
	SocketDir string `json:"socketDir"`
	// The node image: the read-only lower layer. Empty where a container engine made the root from it: Upper and Work are
	// then of no use, and host paths are paths of that root.
	Image string `json:"image"`
	Upper string `json:"upper"`
	Work  string `json:"work"`
	// Where the root is put together; only this mount namespace ever sees anything there.
	Root string `json:"root"`
	// Folders on a real disk: containerd's overlayfs snapshotter cannot sit on an overlay.
	Disks []bind `json:"disks"`
	// Read-only.
	Binds []bind `json:"binds"`
	// Written before anything else runs; empty when the node is started again on its disk.
	Files []nodeFile `json:"files"`
	// Port of the API server inside the node, to which api.sock leads.
	APIPort int `json:"apiPort"`
}

func readConfig(path string) (nodeConfig, error) {
	var config nodeConfig
	text, err := os.ReadFile(path)
	if err != nil {
		return config, err
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return config, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}
