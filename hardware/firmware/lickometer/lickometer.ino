// Lickometer or treadmill for mouserig, on an Arduino or a Teensy.
//
// One board does one task: choose it below, load the sketch, and write the serial number of the
// board's USB plug into `line` of the rig file. The frames are described in
// hardware/serial/frame_protocol.py, which has the same numbers.
//
// The enable line is high only while the computer gives signs of life: it falls 0.5 s after the
// last byte. Let it switch whatever must not stay on by itself (a light, the supply of a valve).
//
// Never tried on a physical board.

const bool IS_TREADMILL = false;      // false: lickometer
const int LINE_PIN = 2;               // lickometer: the sensor, high while the tongue is there
const int A_PIN = 2, B_PIN = 3;       // treadmill: the two channels of the encoder
const int ENABLE_PIN = 12;            // needs a pull-down: the pin floats while the board starts
const unsigned long BAUD_RATE = 115200;
const unsigned long COUNT_EVERY_US = 10000;   // 100 counts a second
const unsigned long DEBOUNCE_US = 500;        // a change that follows sooner is a bounce
const unsigned long REPEAT_US = 20000;
const unsigned long SILENCE_US = 500000;

const byte SYNC = 0xA5, LONGEST = 64;

byte sequence = 0;
unsigned long lastByteUs = 0, repeatedUs = 0, countedUs = 0;
bool enabled = false;

// Changed by interrupts.
volatile bool level = false;
volatile unsigned int changes = 0;
volatile unsigned long changedUs = 0, beforeUs = 0;
volatile long count = 0;
unsigned int toldChanges = 0;

void lineChanged() {
  unsigned long now = micros();
  bool state = digitalRead(LINE_PIN) == HIGH;
  if (state == level || now - changedUs < DEBOUNCE_US) return;
  level = state;
  changes++;
  beforeUs = changedUs;
  changedUs = now;
}

void encoderStep() {
  count += digitalRead(A_PIN) == digitalRead(B_PIN) ? 1 : -1;
}

byte crc8(const byte *data, int length) {
  byte crc = 0;
  for (int i = 0; i < length; i++) {
    crc ^= data[i];
    for (int step = 0; step < 8; step++) crc = crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1;
  }
  return crc;
}

void putLong(byte *at, unsigned long value) {
  for (int i = 0; i < 4; i++) at[i] = value >> (8 * i);
}

void sendFrame(char kind, unsigned long timeUs, const byte *payload, byte length) {
  byte frame[1 + 7 + LONGEST + 1];
  frame[0] = SYNC;
  frame[1] = kind;
  frame[2] = sequence++;
  putLong(frame + 3, timeUs);
  frame[7] = length;
  memcpy(frame + 8, payload, length);
  frame[8 + length] = crc8(frame + 1, 7 + length);
  // A computer that does not read must not stop the board.
  if (Serial.availableForWrite() >= 9 + length) Serial.write(frame, 9 + length);
}

void sendHello() {
  const char *text = IS_TREADMILL ? "treadmill 1" : "lickometer 1";
  sendFrame('H', micros(), (const byte *)text, strlen(text));
}

void sendLevel() {
  byte payload[11];
  noInterrupts();
  payload[0] = level;
  payload[1] = changes;
  payload[2] = changes >> 8;
  putLong(payload + 3, changedUs);
  putLong(payload + 7, beforeUs);
  toldChanges = changes;
  interrupts();
  repeatedUs = micros();
  sendFrame('L', repeatedUs, payload, 11);
}

void sendCount() {
  byte payload[4];
  noInterrupts();
  long value = count;
  interrupts();
  putLong(payload, value);
  sendFrame('C', countedUs, payload, 4);
}

void enable(bool on) {
  enabled = on;
  digitalWrite(ENABLE_PIN, on ? HIGH : LOW);
}

// Takes the bytes of the computer, one at a time.
void take(byte value) {
  static byte frame[8 + LONGEST + 1];
  static int have = 0;
  if (have == 0 && value != SYNC) return;
  frame[have++] = value;
  if (have >= 8 && frame[7] > LONGEST) { have = 0; return; }
  if (have < 8 || have < 9 + frame[7]) return;
  int length = frame[7];
  have = 0;
  if (crc8(frame + 1, 7 + length) != frame[8 + length]) return;
  switch (frame[1]) {
    case 'h': sendHello(); break;
    case 'p': sendFrame('P', lastByteUs, frame + 8, length); break;
    case 'z': enable(false); lastByteUs = micros() - SILENCE_US; break;
  }
}

void setup() {
  pinMode(ENABLE_PIN, OUTPUT);
  enable(false);
  Serial.begin(BAUD_RATE);
  if (IS_TREADMILL) {
    pinMode(A_PIN, INPUT_PULLUP);
    pinMode(B_PIN, INPUT_PULLUP);
    attachInterrupt(digitalPinToInterrupt(A_PIN), encoderStep, CHANGE);
  } else {
    pinMode(LINE_PIN, INPUT);
    level = digitalRead(LINE_PIN) == HIGH;
    attachInterrupt(digitalPinToInterrupt(LINE_PIN), lineChanged, CHANGE);
  }
  countedUs = micros();
  sendHello();
}

void loop() {
  while (Serial.available() > 0) {
    lastByteUs = micros();
    if (!enabled) enable(true);
    take(Serial.read());
  }
  unsigned long now = micros();
  if (enabled && now - lastByteUs >= SILENCE_US) enable(false);
  if (IS_TREADMILL) {
    if (now - countedUs >= COUNT_EVERY_US) {
      countedUs += COUNT_EVERY_US;
      sendCount();
    }
    return;
  }
  // A bounce can leave the line in a state that no interrupt has told of.
  if ((digitalRead(LINE_PIN) == HIGH) != level && now - changedUs >= DEBOUNCE_US) {
    noInterrupts();
    lineChanged();
    interrupts();
  }
  if (toldChanges != changes || now - repeatedUs >= REPEAT_US) sendLevel();
}
