// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

func init() {
	add(map[string]func([]string) error{
		"kube":      kubeRequest,
		"kube-exec": kubeExec,
		"vanish":    vanish,
	})
}

func apiServer() (host, token string, trust *tls.Config) {
	text, err := os.ReadFile(account + "token")
	must(err)
	authority, err := os.ReadFile(account + "ca.crt")
	must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	host = net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	return host, string(text), &tls.Config{RootCAs: pool}
}

// kubeRequest acts as a controller: `kube METHOD PATH [BODY]`. What is not there yet is asked for again for a minute.
func kubeRequest(args []string) error {
	host, token, trust := apiServer()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: trust}}
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		request, err := http.NewRequest(args[0], "https://"+host+args[1], strings.NewReader(body))
		must(err)
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/json")
		if args[0] == http.MethodPatch {
			request.Header.Set("Content-Type", "application/strategic-merge-patch+json")
		}
		answer, err := client.Do(request)
		if err == nil {
			text, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode < 300 || answer.StatusCode == http.StatusConflict && args[0] == http.MethodPost {
				return nil
			}
			err = fmt.Errorf("%s: %s", answer.Status, bytes.TrimSpace(text))
		}
		if time.Now().After(end) {
			panic(unable{err})
		}
	}
}

// kubeExec runs a command in a container, by the API: `kube-exec NAMESPACE POD CONTAINER PROGRAM ARG...`.
func kubeExec(args []string) error {
	query := url.Values{"container": {args[2]}, "stdout": {"1"}, "stderr": {"1"}, "command": args[3:]}
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s/exec?%s", args[0], args[1], query.Encode())
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if err = execOnce(path); err == nil {
			return nil
		}
	}
	panic(unable{err})
}

// execOnce speaks as much of WebSocket (RFC 6455) as it takes to start a command and to wait for its end.
func execOnce(path string) error {
	host, token, trust := apiServer()
	trust.NextProtos = []string{"http/1.1"}
	connection, err := tls.Dial("tcp", host, trust)
	if err != nil {
		return err
	}
	defer connection.Close()
	must(connection.SetDeadline(time.Now().Add(20 * time.Second)))
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bGVhay1jb3JwdXMtMDAwMA==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n", path, host, token)
	reader := bufio.NewReader(connection)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(answer.Status)
	}
	_, err = io.Copy(os.Stdout, reader) // to the end: the command has ended
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Println(err)
	}
	return nil
}

// vanish calls out and deletes its own pod at once, without grace: `vanish KIND ...`. POD_NAMESPACE and POD_NAME name it.
func vanish(args []string) error {
	result := kinds[args[0]](args[1:])
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s?gracePeriodSeconds=0", os.Getenv("POD_NAMESPACE"), os.Getenv("POD_NAME"))
	_ = kubeRequest([]string{http.MethodDelete, path})
	return result
}
