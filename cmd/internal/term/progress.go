package term

// Progress tells how something goes: in one line that is redrawn where there is a terminal, and elsewhere in a line
// for each new stage. It is used by one goroutine.
type Progress struct {
	t     *Terminal
	last  string
	frame int
}

// NewProgress returns one that writes to t.
func (t *Terminal) NewProgress() *Progress { return &Progress{t: t} }

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Show shows a stage and, on a terminal, its details. Each call turns the spinner: about ten a second look well.
func (p *Progress) Show(stage, details string) {
	if p.t.Live {
		p.t.show(p.t.Cyan(spinner[p.frame%len(spinner)]) + " " + stage + details)
		p.frame++
		return
	}
	if stage != p.last {
		p.t.Printf("%s\n", stage)
	}
	p.last = stage
}

// End takes the line away. It may be called again, and so may Show.
func (p *Progress) End() {
	if p.t.Live {
		p.t.show("")
	}
}
