package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Operators with a role have commands of their own, for what needs a phone. Nobody else sees them: the bot does not know such a
// command then. What changes something is asked about first; the answer is the reason, a button or their own words, and stands in
// the audit log.

// Role is what an operator may do in Telegram. Each may do what those before it may.
type Role string

// The roles.
const (
	RoleViewer   Role = "viewer"   // sees figures
	RoleSupport  Role = "support"  // bans people, and gives back what they paid
	RoleOperator Role = "operator" // stops queues and providers
	RoleOwner    Role = "owner"    // sees what the others did
)

func roles() []Role { return []Role{RoleViewer, RoleSupport, RoleOperator, RoleOwner} }

// covers reports whether a role may do what needs another. No role may nothing.
func (r Role) covers(other Role) bool {
	return r != "" && slices.Index(roles(), r) >= slices.Index(roles(), other)
}

// ParseCrew reads who is an operator: Telegram ids with roles, as in "4242:owner,4343:support".
func ParseCrew(text string) (map[int64]Role, error) {
	crew := make(map[int64]Role)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, role, _ := strings.Cut(item, ":")
		id, err := strconv.ParseInt(strings.TrimSpace(name), 10, 64)
		switch _, twice := crew[id]; {
		case err != nil || id <= 0:
			return nil, errors.New("write a person's Telegram id before each colon, as in 4242:owner,4343:support")
		case !slices.Contains(roles(), Role(role)):
			return nil, fmt.Errorf("%q is none of the roles %s, %s, %s and %s", role, RoleViewer, RoleSupport, RoleOperator, RoleOwner)
		case twice:
			return nil, errors.New("a person has two roles")
		}
		crew[id] = Role(role)
	}
	return crew, nil
}

// Queues are what operators see and stop. *queue.Inspector is one.
type Queues interface {
	Depth(ctx context.Context) (map[string]queue.Info, error)
	Pause(queue string) error
	Resume(queue string) error
}

// crewCommand is one of theirs.
type crewCommand struct {
	name   string
	text   texts.Key
	role   Role
	handle func(w *Workers, ctx context.Context, in *incoming, args string) error
}

func crewCommands() []crewCommand {
	return []crewCommand{
		{"stats", texts.CommandCrewStats, RoleViewer, (*Workers).statsCommand},
		{"status", texts.CommandCrewStatus, RoleViewer, (*Workers).statusCommand},
		{"ban", texts.CommandCrewBan, RoleSupport, (*Workers).banCommand},
		{"unban", texts.CommandCrewUnban, RoleSupport, (*Workers).unbanCommand},
		{"refund", texts.CommandCrewRefund, RoleSupport, (*Workers).refundCommand},
		{"pause", texts.CommandCrewPause, RoleOperator, (*Workers).pauseCommand},
		{"resume", texts.CommandCrewResume, RoleOperator, (*Workers).resumeCommand},
		{"incident", texts.CommandCrewIncident, RoleOperator, (*Workers).incidentCommand},
		{"audit", texts.CommandCrewAudit, RoleOwner, (*Workers).auditCommand},
	}
}

// crewCommand finds a command of operators that whoever wrote may use here.
func (w *Workers) crewCommand(in *incoming, name string) (c crewCommand, ok bool) {
	i := slices.IndexFunc(crewCommands(), func(c crewCommand) bool { return c.name == name })
	if i < 0 || in.chat.Type != telegram.ChatPrivate && !w.operators(in.chat.ID) {
		return c, false
	}
	c = crewCommands()[i]
	return c, w.role(in).covers(c.role)
}

// role is that of whoever wrote or pressed; empty for people who have none.
func (w *Workers) role(in *incoming) Role { return w.Settings.Crew[in.person.TelegramID] }

// crewMenu is what stands in the menu of an operator's own chat, behind what everybody has.
func (w *Workers) crewMenu(p texts.Printer, chat int64) (lines []telegram.BotCommand) {
	for _, c := range crewCommands() {
		if w.Settings.Crew[chat].covers(c.role) {
			lines = append(lines, telegram.BotCommand{Name: c.name, Description: p.Plain(c.text, nil)})
		}
	}
	return lines
}

// setCrewMenus gives every operator their menu. One who has not begun with the bot gets it when they do.
func (w *Workers) setCrewMenus(ctx context.Context) error {
	for id := range w.Settings.Crew {
		lang := ""
		if p, err := w.Store.KnownPerson(ctx, id); err == nil {
			lang = p.Lang
		}
		p := w.printer(lang)
		err := w.Telegram.SetChatCommands(ctx, id, append(w.menu(p, false), w.crewMenu(p, id)...))
		if class := telegram.ClassOf(err); err != nil && class != telegram.Blocked && class != telegram.Permanent {
			return err
		}
	}
	return nil
}

// statsCommand shows the figures of today.
func (w *Workers) statsCommand(ctx context.Context, in *incoming, _ string) error {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	st, err := w.Store.Stats(ctx, today)
	if err != nil {
		return err
	}
	money, err := w.Desk().Money(ctx, today, w.Settings.StarsUSD)
	if err != nil {
		return err
	}
	var m MoneyRow
	if len(money.Days) > 0 {
		m = money.Days[len(money.Days)-1]
	}
	rows, err := w.queueRows(ctx)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageCrewStats, map[string]any{
		"People": st.People, "New": st.New, "Active": st.Active, "Made": st.Made, "Failed": st.Failed, "Percent": st.FailureRatio(),
		"Refused": st.Refused, "Open": st.Open, "Stars": m.Stars, "Back": m.Refunded, "Cost": fmt.Sprintf("%.2f", m.Cost),
		"Margin": fmt.Sprintf("%.2f", m.Margin), "Rows": rows,
	})
	return w.done(ctx, in)
}

// queueRows says of each queue in which something waits, or that is paused, how much and how long.
func (w *Workers) queueRows(ctx context.Context) (rows []string, err error) {
	depth, err := w.depth(ctx)
	for _, name := range queue.Queues() {
		i := depth[name]
		if i.Pending+i.Retry == 0 && !i.Paused {
			continue
		}
		row := fmt.Sprintf("%s %d · %s", name, i.Pending+i.Retry, i.Oldest.Round(time.Second))
		if i.Paused {
			row = "⏸ " + row
		}
		rows = append(rows, row)
	}
	return rows, err
}

// depth is empty where nobody can tell.
func (w *Workers) depth(ctx context.Context) (map[string]queue.Info, error) {
	if w.Queues == nil {
		return nil, nil
	}
	depth, err := w.Queues.Depth(ctx)
	return depth, err
}

// auditCommand shows what operators did last.
func (w *Workers) auditCommand(ctx context.Context, in *incoming, _ string) error {
	const last = 10
	acts, err := w.Store.Acts(ctx, storage.ActFilter{Limit: last})
	if err != nil {
		return err
	}
	var rows []string
	for _, a := range acts {
		rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s %s: %s %s %s", a.At.UTC().Format("01-02 15:04"), a.Who, a.What, a.Object, a.Why)))
	}
	w.say(in, texts.MessageCrewAudit, map[string]any{"Rows": rows})
	return w.done(ctx, in)
}
