package storage_test

import (
	"encoding/json"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// Two changes that read the same settings both stay: an objection from the chat is not undone by a click in the Mini App.
func TestSettingsOfTwoChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of, one, other func(*storage.Settings)
		want           string
	}{
		"first ones": {
			func(*storage.Settings) {},
			func(s *storage.Settings) { s.Without = []string{"p"} },
			func(s *storage.Settings) { s.Model, s.Cap = "m", 7 },
			`{"model":"m","without":["p"],"cap":7}`,
		},
		"something unset": {
			func(s *storage.Settings) { s.Negative, s.Cap, s.Without = "fog", 7, []string{"p"} },
			func(s *storage.Settings) { s.Cap = 0 },
			func(s *storage.Settings) { s.Negative, s.Style = "", "oil" },
			`{"style":"oil","without":["p"]}`,
		},
		"all unset": {
			func(s *storage.Settings) { s.Cap, s.Style, s.Chat.Wide = 7, "oil", true },
			func(s *storage.Settings) { s.Without = []string{"p"} },
			func(s *storage.Settings) { *s = s.Reset() },
			`{"without":["p"],"chat":{"wide":true}}`,
		},
		"the same": {
			func(s *storage.Settings) { s.Style = "oil" },
			func(s *storage.Settings) { s.Style = "ink" },
			func(s *storage.Settings) { s.Style = "pen" },
			`{"style":"pen"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				read := func() storage.Person {
					p, err := s.PersonByTelegram(t.Context(), 4242, "en")
					if err != nil {
						t.Fatal(err)
					}
					return p
				}
				set := func(p storage.Person, change func(*storage.Settings)) {
					change(&p.Settings)
					if _, err := s.SetSettings(t.Context(), storage.Effect{}, p.ID, p.Settings); err != nil {
						t.Fatal(err)
					}
				}
				set(read(), c.of)
				one, other := read(), read()
				set(one, c.one)
				set(other, c.other)
				got, err := json.Marshal(read().Settings)
				if err != nil || string(got) != c.want {
					t.Errorf("settings are %s (%v), want %s", got, err, c.want)
				}
			})
		})
	}
}
