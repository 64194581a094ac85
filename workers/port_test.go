package workers

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/mail/mailtest"
)

// ports has everything about Ada sent to an address that she confirmed, and returns the server that gets it.
func (v *vault) ports() *mailtest.Server {
	v.Helper()
	mails := mailtest.New(v)
	client, err := mail.New(mail.Config{URL: mails.URL, From: "bot@example.com", Roots: mails.Roots})
	if err != nil {
		v.Fatal(err)
	}
	v.w.Mail = client
	v.fill()
	_, _, err = v.w.Store.AskRight(v.Context(), storage.Effect{}, storage.Right{
		User: v.user.ID, Kind: storage.RightPort, Origin: storage.RightChat, Status: storage.RightAsked, Body: []byte(`{"address":"new@example.org"}`),
	})
	if err != nil {
		v.Fatal(err)
	}
	rights, err := v.w.Store.Rights(v.Context(), v.user.ID, 9)
	if err != nil {
		v.Fatal(err)
	}
	for _, r := range rights {
		if r.Status != storage.RightAsked {
			continue
		}
		claimed, err := v.w.Store.ClaimRight(v.Context(), r.ID)
		if err == nil {
			err = v.w.servePort(v.Context(), claimed)
		}
		if err != nil {
			v.Fatal(err)
		}
	}
	if err := v.w.mend(v.Context(), v.w.elsewhereMends(v.Context(), true)); err != nil {
		v.Fatal(err)
	}
	v.work()
	return mails
}

// A small export goes along with the mail, and the person is told.
func TestPortAsAFile(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	m := v.ports().Await(1)
	file := m.Files["imagika-export.zip"]
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || m.To != "new@example.org" || !strings.Contains(m.Text, exportIndex) {
		t.Fatalf("%d bytes, %v: %+v", len(file), err, m)
	}
	if _, err := z.Open(exportIndex); err != nil {
		t.Error(err)
	}
	v.last(v.ada, "A copy of everything about you is on its way to new@example.org")
}

// A large one goes as links; where there are none, the person is told what works instead.
func TestPortOfMuch(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.w.Settings.ExportPart, v.w.Settings.FilesURL = 1, "https://example.com/f"
	m := v.ports().Await(1)
	if len(m.Files) != 0 || strings.Count(m.Text, "https://example.com/f/x.") < 2 {
		t.Errorf("sent %+v", m)
	}
	without := newVault(t)
	without.w.Settings.ExportPart = 1
	if mails := without.ports().Mails(); len(mails) != 0 {
		t.Errorf("sent %+v", mails)
	}
	without.last(without.ada, "Export it in /privacy instead")
}
