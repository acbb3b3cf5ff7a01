"""Booking a visit: a plain conversation, where every turn sounds finished when it ends."""

from recordings.make.script import Persona, Reply, Scene, Turn

BOOKING = Scene(
    id="booking",
    title="Booking a visit",
    description="A caller books a check-up in seven plain turns, with nothing said over the agent.",
    seed=101,
    persona=Persona("slt", stretch=0.98),
    notes="The baseline: every turn ends once, and a good configuration answers each without cutting in.",
    moves=(
        Turn(
            "Hi there. I'd like to book a check up with Doctor Lee.",
            Reply(
                "greeting",
                "Of course, I can help you book a visit with Dr. Lee today. May I have your full name, please?",
            ),
        ),
        Turn(
            "Sure. My name is Maria Alvarez.",
            Reply(
                "verify_identity",
                "Thank you, Maria, I just need one more thing to find your record. What is your date of birth?",
                "a0,0,friendly,Okay",
            ),
            after_s=0.5,
        ),
        Turn(
            "It's March the ninth nineteen eighty four.",
            Reply(
                "verify_identity",
                "Thanks, I have you down for our clinic on the corner of Pine Street. "
                "What would you like Dr. Lee to look at?",
                "a0,0,friendly,Let me check on that",
            ),
            after_s=0.7,
            reply_s=2.4,
        ),
        Turn(
            "My knee has been hurting for about three weeks.",
            Reply(
                "reason_for_visit",
                "I am sorry to hear that your knee has been giving you so much trouble. "
                "Dr. Lee has time on Tuesday at 8 a.m. or on Thursday at 2 p.m. Which one suits you better?",
                "a1,1,sympathetic,Mm",
                tools=(("find_times", 2600, 4200),),
            ),
            reply_s=2.2,
        ),
        Turn(
            "Thursday afternoon would be better for me.",
            Reply(
                "offer_times",
                "Perfect, I have put you in for Thursday at 2 p.m. with Dr. Lee. "
                "Should we send a reminder to your mobile phone?",
                "a0,0,cheerful,Great",
            ),
            after_s=0.8,
            reply_s=2.5,
        ),
        Turn(
            "Yes please. A text message is fine.",
            Reply(
                "confirm",
                "You will get a text message from us the day before your visit. "
                "Is there anything else I can help you with today?",
            ),
            after_s=0.5,
        ),
        Turn(
            "No, that's everything. Thank you very much.",
            Reply(
                "goodbye",
                "You are very welcome, Maria, and we will see you on Thursday. Take care of that knee until then.",
                "e0,0,friendly,",
            ),
            after_s=0.7,
        ),
    ),
    spare=(
        Reply(
            "goodbye",
            "I am still here if there is something else you need today. You can also call us back at any time.",
            "a0,0,calm,Mm",
        ),
    ),
)
