"""Backchannels: a caller who shows they are listening, and does not want the agent to stop."""

from recordings.make.script import Backchannel, Persona, Reply, Scene, Turn

BACKCHANNELS = Scene(
    id="backchannels",
    title="Mm-hm, yeah, okay",
    description="A caller murmurs along while the agent explains how to prepare for a blood test.",
    seed=103,
    persona=Persona("slt", stretch=0.9, pitch_hz=205),
    notes="Nothing said over the agent here should stop it; all of it is shorter than 0.6 s.",
    kind="interruption",
    moves=(
        Turn(
            "Hello. I have a blood test tomorrow and I don't know how to prepare.",
            Reply(
                "greeting",
                "I can walk you through everything you need to do before the test tomorrow. "
                "It takes about a minute to explain, so please stop me at any time if something is not clear.",
            ),
            reply_s=3.0,
        ),
        Backchannel("Mm-hm.", into_s=1.2, phones="m m hh m m"),
        Turn(
            "Can I eat breakfast before I come in?",
            Reply(
                "explain",
                "Please do not eat anything after ten in the evening before your test. "
                "Water is fine, and you should drink a large glass of it when you get up in the morning.",
                "a0,1,calm,Good question",
            ),
            reply_s=3.1,
        ),
        Backchannel("Okay.", into_s=1.5),
        Turn(
            "And what about my blood pressure pill?",
            Reply(
                "explain",
                "You can take your usual 2.5 mg tablet with water at 8 a.m. as always. "
                "Bring the box along so that the nurse can write down the name and the dose for Dr. Lee.",
                "a0,1,serious,Let me check on that",
            ),
            reply_s=3.2,
        ),
        Backchannel("Yeah.", into_s=1.0),
        Turn(
            "How long will I have to wait there?",
            Reply(
                "explain",
                "Most people are in and out of the lab within twenty minutes or so. "
                "Come to the desk on the second floor, show your card, and someone will call your name shortly.",
                "a0,0,friendly,Mm",
            ),
            after_s=0.7,
            reply_s=3.0,
        ),
        Backchannel("Right.", into_s=1.8),
        Turn(
            "When do I get the results?",
            Reply(
                "results",
                "The results are usually ready two working days after the test is done. "
                "Dr. Lee will look at them first, and then you get a message with a link to read them.",
                "a1,1,content,Sure",
            ),
            reply_s=3.2,
        ),
        Backchannel("Uh huh.", into_s=1.3),
        Turn(
            "Great. That's all I wanted to know.",
            Reply(
                "goodbye",
                "I am glad I could help, and I hope the test goes well tomorrow. Call us if you are unsure.",
                "e0,0,content,",
            ),
        ),
    ),
    spare=(
        Reply(
            "explain",
            "Let me go on from where I was, there is not much left. Please ask if it is unclear.",
            "a0,0,calm,",
        ),
        Reply(
            "goodbye",
            "Thank you for calling the clinic, and have a good evening at home. Goodbye.",
            "e0,0,friendly,",
        ),
    ),
)
