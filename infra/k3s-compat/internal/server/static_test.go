// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestStaticFiles(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "charts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"charts/web.tgz": "a chart", "../secret": "never"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for path, want := range map[string]int{
		"/static/charts/web.tgz":      http.StatusOK,
		"/static/charts/gone.tgz":     http.StatusNotFound,
		"/static/charts/":             http.StatusNotFound,
		"/static/":                    http.StatusNotFound,
		"/static/../../secret":        http.StatusNotFound,
		"/static/charts/../../secret": http.StatusNotFound,
		"/api//v1":                    http.StatusTeapot,
		"/statics":                    http.StatusTeapot,
	} {
		request := httptest.NewRequest(http.MethodGet, "https://10.43.0.1/", nil)
		request.URL.Path = path
		answer := httptest.NewRecorder()
		staticFiles(folder, api).ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", path, answer.Code, want)
		}
		if want == http.StatusOK && answer.Body.String() != "a chart" {
			t.Errorf("%s: %q", path, answer.Body.String())
		}
	}
}
