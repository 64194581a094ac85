package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A new master key would open nothing and hide that the old one is missed: none is made beside a key store, by nobody.
func TestNoNewMasterKeyBesideAKeyStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"IMAGIKA_DATA": dir, "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0", "IMAGIKA_ADMIN_ADDR": "127.0.0.1:0"}
	if r := execute(t.Context(), env, nil, "migrate"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	file := filepath.Join(dir, "master.key")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"run"}, {"migrate"}, {"admin", "verify"}} {
		r := execute(t.Context(), env, nil, command...)
		if r.code != exitUsage || !strings.Contains(r.err, file+" is missing: put it back from your backup") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || !strings.Contains(r.out, file+" is missing") {
		t.Errorf("doctor: %+v", r)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("there is another master key: %v", err)
	}
}
