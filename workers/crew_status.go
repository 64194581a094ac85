package workers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// statusCommand shows how the providers are doing, with a button for each that switches it off or on.
func (w *Workers) statusCommand(ctx context.Context, in *incoming, _ string) error {
	all, err := w.Router.Health(ctx)
	if err != nil {
		return err
	}
	var rows []string
	var buttons []telegram.Button
	for _, h := range all {
		rows = append(rows, healthRow(h))
		if !w.role(in).covers(RoleOperator) {
			continue
		}
		label, what := "⏸ ", deedOff
		if worst(h) != providers.StateClosed || h.Models[0].Held > 0 {
			label, what = "▶️ ", deedOn
		}
		buttons = append(buttons, telegram.Button{
			Text: label + h.Provider, Data: w.signer.Data(telegram.OpCrewChoose, what+"-"+h.Provider, in.person.TelegramID, ""),
		})
	}
	w.say(in, texts.MessageCrewStatus, map[string]any{"Rows": rows}, grid(buttons, 3)...)
	return w.done(ctx, in)
}

// worst is the state of a provider's key, or of the model that is worst off. One that is working its way back is well.
func worst(h providers.Health) providers.State {
	state := providers.StateClosed
	for _, m := range h.Models {
		switch m.State {
		case providers.StateDisabled:
			return m.State
		case providers.StateOpen, providers.StateHalfOpen, providers.StateCooling:
			state = m.State
		}
	}
	return state
}

// healthRow is a provider in one line: whether it is asked, what went wrong last, how long it takes, and what it cost today.
func healthRow(h providers.Health) string {
	mark := map[providers.State]string{
		providers.StateClosed: "✅", providers.StateCooling: "⏳", providers.StateOpen: "⚠️", providers.StateHalfOpen: "⚠️", providers.StateDisabled: "🔑",
	}[worst(h)]
	if h.Models[0].Held > 0 {
		mark = "⏸"
	}
	row := mark + " " + h.Provider
	var took time.Duration
	why := ""
	for _, m := range h.Models {
		took = max(took, m.Latency)
		if m.State != providers.StateClosed {
			why = cmp.Or(why, m.Why)
		}
	}
	if why != "" {
		row += " · " + why
	}
	if took > 0 {
		row += " · " + took.Round(100*time.Millisecond).String()
	}
	if h.Spent > 0 || h.Budget > 0 {
		row += fmt.Sprintf(" · $%.2f", float64(h.Spent)/1e6)
	}
	if h.Budget > 0 {
		row += fmt.Sprintf(" / $%.2f", float64(h.Budget)/1e6)
	}
	return row
}
