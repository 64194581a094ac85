package workers

import (
	"context"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// aboutCommand says how many people are here. Counts of others are rounded, and small ones not told: nobody can be told from
// them.
func (w *Workers) aboutCommand(ctx context.Context, in *incoming, _ string) error {
	n, err := w.Store.ChatCounts(ctx)
	if err != nil {
		return err
	}
	own, err := w.Store.ChatStanding(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageAbout, map[string]any{
		"People": rounded(n.People), "Chats": w.Settings.Conversations, "Lobby": rounded(n.Lobby), "Live": rounded(n.Live), "Ever": rounded(n.Ever), "Mine": own.Met,
	})
	return w.done(ctx, in)
}

// rounded keeps the first two digits of a number from 100 on and the first of one from 10 on; fewer are 0.
func rounded(n int64) int64 {
	if n < 10 {
		return 0
	}
	unit := int64(10)
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}

// chatHelp is what /help says around a conversation, empty elsewhere.
func chatHelp(s storage.ChatState) texts.Key {
	switch s {
	case storage.ChatLobby:
		return texts.MessageHelpLobby
	case storage.ChatConversation:
		return texts.MessageHelpTalking
	}
	return ""
}
