package storagetest

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Backup makes a backup of a database as operators do, with pg_dump or VACUUM INTO, and returns its file.
func Backup(tb testing.TB, address string) (file string) {
	tb.Helper()
	file = filepath.Join(tb.TempDir(), "backup")
	if strings.HasPrefix(address, "postgres") {
		tool(tb, "pg_dump", "--no-owner", "--file="+file, address)
		return file
	}
	db, err := sql.Open("sqlite", address)
	if err == nil {
		defer db.Close()
		_, err = db.ExecContext(tb.Context(), `VACUUM INTO '`+file+`'`)
	}
	if err != nil {
		tb.Fatalf("storagetest: back up: %v", err)
	}
	return file
}

// Restore makes a database of a backup, and returns its address.
func Restore(tb testing.TB, file string) (address string) {
	tb.Helper()
	head := make([]byte, 6)
	f, err := os.Open(file)
	if err == nil {
		defer f.Close()
		_, err = f.Read(head)
	}
	if err != nil {
		tb.Fatalf("storagetest: restore: %v", err)
	}
	if bytes.Equal(head, []byte("SQLite")) {
		return "file:" + file
	}
	address = PostgresURL(tb)
	tool(tb, "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file="+file, address)
	return address
}

// tool runs a program that comes with Postgres.
func tool(tb testing.TB, name string, args ...string) {
	tb.Helper()
	dir, err := binaries()
	if err != nil {
		tb.Fatalf("storagetest: %v", err)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil { // some systems have the client's programs elsewhere
		path = name
	}
	if out, err := exec.CommandContext(tb.Context(), path, args...).CombinedOutput(); err != nil {
		tb.Fatalf("storagetest: %s: %v: %s", name, err, out)
	}
}
