"""Thinking aloud: a caller who stops in the middle of phrases and goes on."""

from recordings.make.script import Persona, Reply, Scene, Turn

THINKING = Scene(
    id="thinking",
    title="Thinking aloud",
    description="An older caller searches for dates and names, stopping for 0.6 to 2.0 s mid-phrase.",
    seed=102,
    persona=Persona("rms", stretch=1.0, sentence_gap_s=0.4),
    notes="Patience: an end of turn declared inside a hesitation cuts the caller off.",
    kind="hesitation",
    moves=(
        Turn(
            "I need to move my visit to |0.9| the week after next.",
            Reply(
                "greeting",
                "No problem at all, I can move that visit for you right now. When is the visit you have booked?",
                "a0,0,friendly,Sure",
            ),
        ),
        Turn(
            "I think it was on |1.6 um breath| the Tuesday at |0.7| half past ten.",
            Reply(
                "find_visit",
                "I can see a visit on Tuesday with Dr. Lee at half past ten. Is that the one you want to move?",
                "a0,0,calm,Let me look",
            ),
            reply_s=2.1,
        ),
        Turn(
            "Yes that's the one with |1.1 um| Doctor Lee about my knee.",
            Reply(
                "find_visit",
                "Good, I have that visit open in front of me now. Which day would work better for you?",
                "a0,0,friendly,Okay",
            ),
            after_s=0.9,
        ),
        Turn(
            "I could come in on |2.0 um breath| the Friday after my daughter gets back.",
            Reply(
                "offer_times",
                "On that Friday Dr. Lee is free at 8 a.m. and again at noon. Which of the two should I hold?",
                "a1,0,curious,Mm",
            ),
            after_s=0.7,
            reply_s=2.3,
        ),
        Turn(
            "The one at |0.6| noon, because the |1.3| bus is slow.",
            Reply(
                "offer_times",
                "Noon on Friday it is, and I have let the other visit go. Shall I send you a letter about it?",
                "a0,0,cheerful,Alright",
            ),
        ),
        Turn(
            "Send it to my |1.8 breath| new address on Pine Street.",
            Reply(
                "confirm",
                "I will send the letter to Pine Street, and it should be there by Monday. "
                "Is there anything else on your mind?",
            ),
            after_s=0.8,
        ),
    ),
    spare=(
        Reply(
            "goodbye",
            "Thank you for calling, and we look forward to seeing you on that Friday. Have a good day.",
            "e0,0,friendly,",
        ),
        Reply("confirm", "Take all the time you need, there is no hurry at all today. I am still here."),
    ),
)
