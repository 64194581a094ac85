package term

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	plain := Settings{Unicode: true}
	for _, tt := range []struct {
		desc     string
		terminal bool
		env      map[string]string
		want     Settings
	}{
		{"a file", false, map[string]string{"TERM": "xterm-kitty", "COLORTERM": "truecolor"}, plain},
		{"a file of a width", false, map[string]string{"COLUMNS": "120"}, Settings{Unicode: true, Width: 120}},
		{"a file in another locale", false, map[string]string{"LANG": "C"}, plain},
		{"a file, forced", false, map[string]string{"TERM": "xterm-256color", "FORCE_COLOR": "1"}, Settings{Unicode: true, Color: Indexed}},
		{"force by a number", false, map[string]string{"FORCE_COLOR": "3"}, Settings{Unicode: true, Color: TrueColor}},
		{"force that is none", false, map[string]string{"CLICOLOR_FORCE": "0"}, plain},
		{"a ban counts more", false, map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, plain},
		{"no environment", true, nil, Settings{Live: true, Unicode: true}},
		{"dumb", true, map[string]string{"TERM": "dumb", "COLORTERM": "truecolor"}, Settings{}},
		{"a console", true, map[string]string{"TERM": "linux"}, Settings{Live: true, Color: Basic}},
		{"an old xterm", true, map[string]string{"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, Settings{Live: true, Color: Basic}},
		{"LC_ALL counts most", true, map[string]string{"TERM": "xterm", "LANG": "de_DE.UTF-8", "LC_ALL": "C"}, Settings{Live: true, Color: Basic}},
		{"256 colors", true, map[string]string{"TERM": "xterm-256color", "LANG": "C.UTF-8"}, Settings{Live: true, Unicode: true, Color: Indexed, Pictures: Blocks}},
		{
			"256 colors in ASCII", true,
			map[string]string{"TERM": "xterm-256color", "LANG": "C"},
			Settings{Live: true, Color: Indexed},
		},
		{
			"NO_COLOR", true,
			map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
			Settings{Live: true, Unicode: true},
		},
		{
			"colors not wanted", true,
			map[string]string{"TERM": "xterm-256color", "CLICOLOR": "0"},
			Settings{Live: true, Unicode: true},
		},
		{
			"GNOME", true,
			map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "VTE_VERSION": "7600"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: Blocks},
		},
		{
			"an old GNOME", true,
			map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "4800"},
			Settings{Live: true, Unicode: true, Color: Indexed, Pictures: Blocks},
		},
		{
			"kitty", true,
			map[string]string{"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: Kitty},
		},
		{
			"ghostty", true,
			map[string]string{"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "COLORTERM": "truecolor"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: Kitty},
		},
		{
			"Konsole", true,
			map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "KONSOLE_VERSION": "230804"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: Kitty},
		},
		{
			"iTerm2", true,
			map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "TERM_PROGRAM": "iTerm.app"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: ITerm},
		},
		{
			"WezTerm", true,
			map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "TERM_PROGRAM": "WezTerm"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Links: true, Pictures: ITerm},
		},
		{
			"tmux in kitty", true,
			map[string]string{"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1", "COLORTERM": "truecolor"},
			Settings{Live: true, Unicode: true, Color: TrueColor, Pictures: Blocks},
		},
		{
			"screen in iTerm2", true,
			map[string]string{"TERM": "screen.xterm-256color", "STY": "1", "TERM_PROGRAM": "iTerm.app"},
			Settings{Live: true, Unicode: true, Color: Indexed, Pictures: Blocks},
		},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			got := Detect(func(name string) string { return tt.env[name] }, tt.terminal)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("settings differ (-want +got):\n%s", diff)
			}
		})
	}
}
