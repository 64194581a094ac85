package texts

// erased is the part of the table about erasing everything of a person.
func erased() map[Key][]string {
	return map[Key][]string{
		MessageErase:     {"Images", "Lost", "Payments", "Records", "Running", "Stars", "Subscription", "Talking", "Wait", "When"},
		MessageEraseSure: nil, MessageEraseWaits: {"Wait"}, MessageEraseKept: nil, MessageErasing: nil, AnswerErasing: nil,
		MessageErased: {"Files", "Kept", "Receipt", "Records", "Stars"}, MessageCheckErased: {"Asked", "When"},
		ButtonErase: nil, ButtonEraseNo: nil, ButtonEraseYes: nil, ButtonEraseNow: nil, ButtonEraseKeep: nil,
	}
}
