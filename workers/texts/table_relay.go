package texts

// relays is the part of the table about what is said in a conversation.
func relays() map[Key][]string {
	return map[Key][]string{
		MessageRelayCannot:    nil,
		MessageRelayStory:     nil,
		MessageRelayPaid:      nil,
		MessageRelayQuiz:      nil,
		MessageRelayChecklist: nil,
		MessageRelayProtected: nil,
		MessageRelayReaction:  nil,
		MessageRelayFast:      {"Until"},
		MessageRelayOver:      nil,
		MessageRelayAsk:       {"What"},
		MessageRelayKept:      nil,
		MessageRelayUncertain: nil,
		MessageRelayLost:      nil,
		MessageUnsendNone:     nil,
		MessageUnsendOld:      nil,
		MessageShareHow:       nil,
		NoteSecretContact:     nil,
		NoteSecretPlace:       nil,
		NoteSecretName:        nil,
		NoteSecretPhone:       nil,
		NoteSecretEmail:       nil,
		NoteSecretLink:        nil,
		NoteSecretFile:        nil,
		AnswerRelaySent:       nil,
		ButtonRelaySend:       nil,
		ButtonRelayKeep:       nil,
		ButtonRelayAlways:     nil,
		ButtonRelayAgain:      nil,
		ButtonRelayShare:      nil,
		CommandUnsend:         nil,
		CommandShare:          nil,
	}
}
