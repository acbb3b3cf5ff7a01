"""A fast talker on a mobile phone in the street: short pauses, traffic, a narrow band."""

from recordings.make.script import Backchannel, Greeting, Interruption, Persona, Reply, Scene, Turn

FAST_TALKER = Scene(
    id="fast-talker",
    title="Fast talker in the street",
    description="A caller in a hurry talks over the greeting, and fast over traffic on a mobile phone.",
    seed=106,
    persona=Persona("awb", stretch=0.74, pitch_hz=138, sentence_gap_s=0.22),
    notes="Speed and noise: short pauses between sentences, two interruptions, one backchannel, traffic. "
    "The greeting cannot be stopped in its first 2.5 s (greeting_shield_s).",
    bed="street",
    bed_snr_db=16.0,
    channel="phone",
    greeting=Greeting(
        "Thank you for calling the clinic on Pine Street. This call may be recorded so that we can get better. "
        "If this is an emergency, please hang up and dial 911. How can I help you today?",
        lasts_s=10.5,
        shield_s=2.5,
    ),
    moves=(
        Interruption(
            "Hi it's Tom Baker and I'm running late for my ten o'clock. Can I still come in?",
            Reply(
                "greeting",
                "Thanks for letting us know, Tom, I am looking at the schedule right now. How late will you be?",
            ),
            into_s=1.2,
            reply_s=1.8,
        ),
        Turn(
            "Twenty minutes maybe. The bus just left without me. I'm walking now.",
            Reply(
                "late_arrival",
                "That should be alright, because Dr. Lee has a short break after your visit. "
                "When you get here, please go straight to the desk on the second floor and give them your name.",
                "a0,0,sympathetic,Oh no",
            ),
            after_s=0.4,
            reply_s=2.8,
        ),
        Backchannel("Okay.", into_s=1.4),
        Turn(
            "Brilliant. Do I need to fast for the blood test?",
            Reply(
                "prepare",
                "For this blood test you should not have eaten anything since last night. "
                "Water is fine, and so is your usual 2.5 mg tablet, but coffee with milk is a reason to wait.",
                "a0,1,serious,Mm",
            ),
            after_s=0.4,
            reply_s=2.6,
        ),
        Interruption(
            "Oh no I had a coffee with milk about an hour ago.",
            Reply(
                "prepare",
                "Then we should move the blood test, but your visit can still go ahead. Is Monday at 8 a.m. good?",
                "a0,0,calm,I see",
            ),
            into_s=1.6,
        ),
        Turn(
            "Monday at eight is fine. Put me down for that.",
            Reply(
                "book",
                "You are down for the blood test on Monday morning at 8 a.m. sharp. I will text you the details.",
                "a1,0,cheerful,Great",
            ),
            after_s=0.4,
            reply_s=1.9,
        ),
        Turn(
            "Cheers. I can see your building. I'll be there in five.",
            Reply(
                "goodbye",
                "That is quicker than we thought, so the desk will be ready for you. See you in a moment.",
                "e0,0,cheerful,",
            ),
            after_s=0.4,
        ),
    ),
    spare=(
        Reply(
            "late_arrival",
            "I did not quite catch that over the noise of the street. Could you say it again?",
            "a0,0,calm,",
        ),
        Reply(
            "goodbye",
            "We will see you in a few minutes at the desk upstairs. Watch out for the traffic.",
            "e0,0,friendly,",
        ),
    ),
)
