package storage_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

func preset(name, style string) storage.Preset {
	return storage.Preset{Name: name, Choice: storage.Choice{Style: style}}
}

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
		"two of a list": {
			func(s *storage.Settings) { s.Without = []string{"p", "q"} },
			func(s *storage.Settings) { s.Without = []string{"p", "q", "r"} },
			func(s *storage.Settings) { s.Without = []string{"q", "t"} },
			`{"without":["q","r","t"]}`,
		},
		"the last of a list": {
			func(s *storage.Settings) { s.Without, s.Cap = []string{"p"}, 7 },
			func(s *storage.Settings) { s.Without = nil },
			func(s *storage.Settings) { s.Without = nil },
			`{"cap":7}`,
		},
		"two presets": {
			func(s *storage.Settings) {
				s.Presets = []storage.Preset{preset("a", "oil"), preset("b", "ink"), preset("c", "pen")}
			},
			func(s *storage.Settings) {
				s.Presets = []storage.Preset{preset("b", "ink"), preset("c", "wax"), preset("d", "oil")}
			},
			func(s *storage.Settings) { s.Presets[1] = preset("b", "wax") },
			`{"presets":[{"name":"b","style":"wax"},{"name":"c","style":"wax"},{"name":"d","style":"oil"}]}`,
		},
		"of conversations": {
			func(s *storage.Settings) { s.Chat.Lang, s.Chat.Again = "en", true },
			func(s *storage.Settings) { s.Chat.Report, s.Chat.Until = "r", 7 },
			func(s *storage.Settings) { s.Chat.Lang, s.Chat.Again, s.Chat.Rules = "de", false, "1" },
			`{"chat":{"lang":"de","rules":"1","report":"r","until":7}}`,
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

// However many change them at once, each change stays.
func TestSettingsOfManyChanges(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		p := visitor(t, s, 1)
		var all errgroup.Group
		for i := range 8 {
			all.Go(func() error {
				own := p.Settings
				own.Without = []string{strconv.Itoa(i)}
				_, err := s.ObjectProvider(t.Context(), storage.Effect{}, p.ID, own, own.Without[0], false)
				return err
			})
			all.Go(func() error {
				own := p.Settings
				own.Presets = []storage.Preset{preset(strconv.Itoa(i), "oil")}
				_, err := s.SetSettings(t.Context(), storage.Effect{}, p.ID, own)
				return err
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		p, err := s.PersonByID(t.Context(), p.ID)
		if err != nil || len(p.Settings.Without) != 8 || len(p.Settings.Presets) != 8 {
			t.Errorf("settings are %+v (%v), want eight of each", p.Settings, err)
		}
	})
}
