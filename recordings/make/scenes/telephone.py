"""A refill by landline: the narrow band of the telephone network, and numbers read out in groups."""

from recordings.make.script import Backchannel, Noise, Persona, Reply, Scene, Turn

TELEPHONE = Scene(
    id="telephone",
    title="Refill by telephone",
    description="A caller on a landline renews a prescription and reads out numbers in groups.",
    seed=107,
    persona=Persona("slt", stretch=1.04, pitch_hz=148),
    notes="Stored at 8 kHz as the network delivers it (G.711 mu-law, 300 to 3400 Hz).",
    channel="phone_8k",
    moves=(
        Turn(
            "Good morning. I'd like to refill my prescription.",
            Reply(
                "greeting",
                "Good morning, I can help you refill your prescription over the phone. What is its number?",
            ),
        ),
        Turn(
            "It's four seven |0.7| nine two |0.6| zero eight five.",
            Reply(
                "find_prescription",
                "Thank you, that is the 2.5 mg tablet that Dr. Lee wrote for you in March. "
                "You have two refills left on it, and the pharmacy on Pine Street has it in stock at the moment.",
                "a0,1,friendly,Let me look that up",
            ),
            after_s=0.9,
            reply_s=3.0,
        ),
        Backchannel("Okay.", into_s=1.4),
        Turn(
            "Could I get enough for |1.0 um| three months this time?",
            Reply(
                "find_prescription",
                "Three months is fine, because your last check up was in the spring. Should it go to Pine Street?",
                "a0,0,content,Mm",
            ),
            reply_s=2.2,
        ),
        Turn(
            "Yes, the one on Pine Street please.",
            Reply(
                "pharmacy",
                "I am sending it to the pharmacy on Pine Street for you now. "
                "They open at 8 a.m. and close at six, and they will send you a message as soon as it is ready.",
                "a1,0,cheerful,Alright",
            ),
            reply_s=3.0,
        ),
        Noise("cough", into_s=1.5),
        Turn(
            "Excuse me. My phone number is five five five |0.8| zero one four two.",
            Reply(
                "confirm",
                "Thank you, I have that number in your record for the pharmacy to use. "
                "You should hear from them tomorrow morning.",
            ),
            after_s=0.7,
            reply_s=2.2,
        ),
        Turn(
            "Thank you so much. Goodbye.",
            Reply(
                "goodbye", "You are welcome, and thank you for calling us this morning. Goodbye.", "e0,0,friendly,"
            ),
        ),
    ),
    spare=(Reply("confirm", "I am still here if you want to change anything about your refill. Take your time."),),
)
