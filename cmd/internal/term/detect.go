package term

import (
	"strconv"
	"strings"
)

// Depth is how many colors there are.
type Depth int

// The depths.
const (
	NoColor   Depth = iota
	Basic           // the eight of old
	Indexed         // a cube of 6×6×6 and 24 grays
	TrueColor       // 24 bits
)

// Protocol is how pictures are shown.
type Protocol string

// The protocols.
const (
	NoPictures Protocol = ""
	Blocks     Protocol = "blocks" // half blocks, two pixels a cell
	Kitty      Protocol = "kitty"  // sw.kovidgoyal.net/kitty/graphics-protocol
	ITerm      Protocol = "iterm"  // iterm2.com/documentation-images.html
	Sixel      Protocol = "sixel"  // DEC's; never chosen, because no variable tells who has it
)

// Settings are what a terminal can do. The zero value is a file of 80 columns in ASCII.
type Settings struct {
	Live          bool // the last line can be redrawn: it is a terminal, and not a dumb one
	Width, Height int  // in cells; 0 is unknown
	Color         Depth
	Unicode       bool
	Links         bool // OSC 8
	Pictures      Protocol
}

// Detect finds the settings of what is a terminal or not, in an environment.
func Detect(lookup func(string) string, terminal bool) Settings {
	name := lookup("TERM")
	dumb := name == "dumb"
	s := Settings{Unicode: !terminal || hasUnicode(lookup), Live: terminal && !dumb}
	if columns, err := strconv.Atoi(lookup("COLUMNS")); err == nil && !terminal {
		s.Width = columns
	}
	s.Color = colors(lookup, s.Live)
	if !s.Live || name == "" || multiplexed(lookup) {
		if s.Live {
			s.Pictures = blocks(s)
		}
		return s
	}
	s.Links, s.Pictures = hasLinks(lookup), pictures(lookup)
	if s.Pictures == NoPictures {
		s.Pictures = blocks(s)
	}
	return s
}

// blocks need colors and the character.
func blocks(s Settings) Protocol {
	if s.Unicode && s.Color >= Indexed {
		return Blocks
	}
	return NoPictures
}

// colors follows no-color.org and bixense.com/clicolors: a ban counts most, then force, then what the terminal says.
func colors(lookup func(string) string, live bool) Depth {
	on := func(name string) bool { v := lookup(name); return v != "" && v != "0" }
	forced := on("CLICOLOR_FORCE") || on("FORCE_COLOR")
	switch {
	case lookup("NO_COLOR") != "":
		return NoColor
	case !forced && (!live || lookup("CLICOLOR") == "0"):
		return NoColor
	}
	name := lookup("TERM")
	switch depth := lookup("COLORTERM"); {
	case depth == "truecolor", depth == "24bit", lookup("FORCE_COLOR") == "3", strings.HasSuffix(name, "-direct"),
		name == "xterm-kitty", name == "xterm-ghostty", lookup("WT_SESSION") != "":
		return TrueColor
	case strings.Contains(name, "256color"), lookup("FORCE_COLOR") == "2", depth != "":
		return Indexed
	case name == "" && !forced:
		return NoColor
	}
	return Basic
}

// hasUnicode asks the locale. One that is not set, as in containers, is taken for today's, except on a bare console.
func hasUnicode(lookup func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(lookup(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return lookup("TERM") != "linux" && lookup("TERM") != "dumb"
}

// multiplexed reports whether another program draws the screen, and would swallow what it does not know.
func multiplexed(lookup func(string) string) bool {
	name := lookup("TERM")
	return lookup("TMUX") != "" || lookup("STY") != "" || lookup("ZELLIJ") != "" ||
		strings.HasPrefix(name, "tmux") || strings.HasPrefix(name, "screen")
}

// hasLinks is a list of those known to show OSC 8, and not its characters.
func hasLinks(lookup func(string) string) bool {
	switch lookup("TERM_PROGRAM") {
	case "iTerm.app", "WezTerm", "ghostty", "vscode", "Hyper", "rio", "WarpTerminal":
		return true
	}
	switch lookup("TERM") {
	case "xterm-kitty", "xterm-ghostty", "alacritty", "foot", "foot-extra", "wezterm", "contour":
		return true
	}
	return lookup("KITTY_WINDOW_ID") != "" || lookup("WT_SESSION") != "" || lookup("KONSOLE_VERSION") != "" ||
		atLeast(lookup("VTE_VERSION"), 5000) // GNOME's library; before 0.50 it was broken
}

func pictures(lookup func(string) string) Protocol {
	switch program := lookup("TERM_PROGRAM"); {
	case program == "WezTerm", program == "iTerm.app", program == "mintty", lookup("LC_TERMINAL") == "iTerm2", lookup("WEZTERM_PANE") != "":
		return ITerm
	case program == "ghostty", lookup("TERM") == "xterm-kitty", lookup("TERM") == "xterm-ghostty",
		lookup("KITTY_WINDOW_ID") != "", lookup("GHOSTTY_RESOURCES_DIR") != "",
		atLeast(lookup("KONSOLE_VERSION"), 220400):
		return Kitty
	}
	return NoPictures
}

func atLeast(version string, least int) bool {
	n, err := strconv.Atoi(version)
	return err == nil && n >= least
}
