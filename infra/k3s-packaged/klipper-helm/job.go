// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// serviceAccountCA is the certificate of the API server, which serves /static/ as well.
	serviceAccountCA = "var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
	// ownAPI stands in a HelmChart's spec.chart for the API server's address.
	ownAPI = "%{KUBERNETES_API}%"
	// hashLabel is how the controller knows the release of a configuration again: without it, it makes the job anew, for ever.
	hashLabel = "helmcharts.helm.cattle.io/configHash"
)

// job is what the controller asks for: action and flags are its arguments, the rest its environment and mounted files
// (github.com/k3s-io/helm-controller, pkg/controllers/chart/chart.go).
type job struct {
	action, name, namespace, chart, repo string
	flags                                []string
	timeout, failurePolicy, serverSide   string
	apiHost, apiPort, configHash         string
	insecure, plainHTTP                  bool
	passCredentials, forceConflicts      bool
	root                                 string // below which /chart, /config, /auth, /ca-files and /tmp lie
}

// readJob takes the controller's arguments and environment.
func readJob(args []string, env func(string) string, root string) job {
	is := func(name string) bool { return env(name) == "true" }
	j := job{
		name: env("NAME"), namespace: env("TARGET_NAMESPACE"), chart: env("CHART"), repo: env("REPO"),
		timeout: env("TIMEOUT"), failurePolicy: env("FAILURE_POLICY"), serverSide: env("SERVER_SIDE"),
		apiHost: env("KUBERNETES_SERVICE_HOST"), apiPort: env("KUBERNETES_SERVICE_PORT"), configHash: env("CONFIG_HASH"),
		insecure: is("INSECURE_SKIP_TLS_VERIFY"), plainHTTP: is("PLAIN_HTTP"),
		passCredentials: is("AUTH_PASS_CREDENTIALS"), forceConflicts: is("FORCE_CONFLICTS"),
		root: root,
	}
	if len(args) > 0 {
		j.action, j.flags = args[0], args[1:]
	}
	return j
}

// caller runs helm; what a question answers is given back.
type caller func(ask bool, args ...string) (string, error)

// run does what the job asks for.
func run(j job, helm caller) error {
	switch j.action {
	case "delete":
		_, err := helm(false, "uninstall", j.name, "--namespace", j.namespace, "--ignore-not-found")
		return err
	case "install":
		return install(j, helm)
	default:
		return fmt.Errorf("the action %q is none of install and delete", j.action)
	}
}

// install installs or upgrades; what a failed attempt left is treated by the failure policy.
func install(j job, helm caller) error {
	status, err := statusOf(j, helm)
	if err != nil {
		return err
	}
	fmt.Printf("release %s/%s: %s\n", j.namespace, j.name, status)
	if status != "absent" && status != "deployed" {
		switch j.failurePolicy {
		case "abort":
			return fmt.Errorf("release %s is %s, and its failurePolicy is abort", j.name, status)
		case "retry":
		default:
			if _, err := helm(false, "uninstall", j.name, "--namespace", j.namespace); err != nil {
				return err
			}
		}
	}
	chart, source, err := j.source(helm)
	if err != nil {
		return err
	}
	values, err := filepath.Glob(filepath.Join(j.root, "config", "values-*.yaml"))
	if err != nil {
		return err
	}
	slices.Sort(values)
	args := []string{"upgrade", "--install", j.name, chart}
	if !slices.Contains(j.flags, "--namespace") {
		args = append(args, "--namespace", j.namespace)
	}
	args = append(append(args, j.flags...), source...)
	for _, file := range values {
		args = append(args, "--values", file)
	}
	if j.timeout != "" {
		args = append(args, "--timeout", j.timeout)
	}
	if j.serverSide != "" {
		args = append(args, "--server-side="+j.serverSide)
	}
	if j.forceConflicts {
		args = append(args, "--force-conflicts")
	}
	if j.configHash != "" {
		args = append(args, "--labels", hashLabel+"="+j.configHash)
	}
	_, err = helm(false, args...)
	return err
}

// statusOf is helm's word for the release's state, or "absent".
func statusOf(j job, helm caller) (string, error) {
	output, err := helm(true, "status", j.name, "--namespace", j.namespace, "--output", "json")
	if err != nil {
		if strings.Contains(output, "not found") {
			return "absent", nil
		}
		return "", fmt.Errorf("helm status: %w: %s", err, strings.TrimSpace(output))
	}
	var release struct {
		Info struct {
			Status string `json:"status"`
		} `json:"info"`
	}
	if err := json.Unmarshal([]byte(output), &release); err != nil || release.Info.Status == "" {
		return "unknown", nil
	}
	return release.Info.Status, nil
}

// source is the chart as helm takes it, with the flags that belong to where it is from: carried in the object, served by the API server, of a
// repository or registry.
func (j job) source(helm caller) (chart string, flags []string, err error) {
	content, err := os.ReadFile(filepath.Join(j.root, "chart", j.name+".tgz.base64"))
	if err == nil {
		packed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
		if err != nil {
			return "", nil, fmt.Errorf("spec.chartContent is not base64: %w", err)
		}
		file := filepath.Join(j.root, "tmp", j.name+".tgz")
		return file, nil, os.WriteFile(file, packed, 0o600)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", nil, err
	}
	if strings.Contains(j.chart, ownAPI) {
		chart = strings.ReplaceAll(j.chart, ownAPI, j.apiHost+":"+j.apiPort)
		return chart, []string{"--ca-file", filepath.Join(j.root, serviceAccountCA)}, nil
	}
	flags, err = j.access()
	if err != nil {
		return "", nil, err
	}
	if j.repo == "" {
		if j.plainHTTP {
			flags = append(flags, "--plain-http")
		}
		return j.chart, flags, nil
	}
	// the repository's name is what stands before the "/" of the chart
	if _, err := helm(false, append([]string{"repo", "add", j.name, j.repo}, flags...)...); err != nil {
		return "", nil, err
	}
	return j.chart, nil, nil
}

// access is how a repository or registry is let believe, and believed: credentials and certificates.
func (j job) access() ([]string, error) {
	var flags []string
	if j.insecure {
		flags = append(flags, "--insecure-skip-tls-verify")
	}
	authorities, err := j.authorities()
	if err != nil {
		return nil, err
	}
	if authorities != "" {
		flags = append(flags, "--ca-file", authorities)
	}
	for _, name := range []string{"username", "password"} {
		value, err := os.ReadFile(filepath.Join(j.root, "auth", name))
		if err == nil {
			flags = append(flags, "--"+name, strings.TrimSpace(string(value)))
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if j.passCredentials {
		flags = append(flags, "--pass-credentials")
	}
	return flags, nil
}

// authorities is a file with the certificates of spec.repoCA and spec.repoCAConfigMap, "" when neither is given.
func (j job) authorities() (string, error) {
	files, err := filepath.Glob(filepath.Join(j.root, "ca-files", "[^.]*")) // not ..data, which the kubelet makes
	if err != nil {
		return "", err
	}
	var all []byte
	for _, file := range append(files, filepath.Join(j.root, "config", "ca-file.pem")) {
		content, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		all = append(append(all, content...), '\n')
	}
	if len(all) == 0 {
		return "", nil
	}
	file := filepath.Join(j.root, "tmp", "authorities.pem")
	return file, os.WriteFile(file, all, 0o600)
}
