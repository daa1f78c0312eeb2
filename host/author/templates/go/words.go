package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordCountInput is what word_count takes. The tags become its JSON Schema, and hold before it is called.
type wordCountInput struct {
	Text string `json:"text" doc:"The text to count in"`
	Top  int    `json:"top" doc:"How many of the most frequent words to list" minimum:"1" maximum:"50" default:"5"`
}

type counts struct {
	Words        int         `json:"words" doc:"Words: runs of letters and digits"`
	Characters   int         `json:"characters" doc:"Characters, as Unicode counts them"`
	Lines        int         `json:"lines"`
	MostFrequent []frequency `json:"most_frequent" doc:"The most frequent words in lower case, the most frequent first, and by alphabet among equals"`
}

type frequency struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

func wordCount(in wordCountInput) (counts, error) {
	out := counts{
		Characters:   utf8.RuneCountInString(in.Text),
		Lines:        strings.Count(in.Text, "\n"),
		MostFrequent: []frequency{},
	}
	if in.Text != "" && !strings.HasSuffix(in.Text, "\n") {
		out.Lines++
	}
	count := map[string]int{}
	for word := range strings.FieldsFuncSeq(in.Text, isNoLetter) {
		count[strings.ToLower(word)]++
		out.Words++
	}
	for _, word := range slices.Sorted(maps.Keys(count)) {
		out.MostFrequent = append(out.MostFrequent, frequency{word, count[word]})
	}
	// Stable, so that equals stay in the alphabet's order.
	slices.SortStableFunc(out.MostFrequent, func(a, b frequency) int { return cmp.Compare(b.Count, a.Count) })
	out.MostFrequent = out.MostFrequent[:min(len(out.MostFrequent), in.Top)]
	return out, nil
}

func isNoLetter(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Other_Alphabetic, r)
}
