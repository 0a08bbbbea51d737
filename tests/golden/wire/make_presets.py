#!/usr/bin/env python3
"""Writes 30 rows of our own for every preset, and what reading them must give.

Each NAME.csv has a NAME.expected: one line an event, `id|time|kind:debtor|kind:creditor|units|currency|
exponent|type|label`, made here with Python's csv, decimal and datetime and compared by csv_golden_test.cpp. An
id of "-" means that the file has none. fields.csv and fields.expected hold the fields Python's csv module
cuts, as hexadecimal.
"""
import csv
import datetime
import decimal
import hashlib
import io
import pathlib
import random

HERE = pathlib.Path(__file__).parent
ROWS = 30
CZK, USD, UNKNOWN = 203, 840, 999


def units(text, exponent=2):
    return int(decimal.Decimal(text).scaleb(exponent))


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def write(name, text, expected, encoding="utf-8", compress=None):
    (HERE / f"{name}.csv").write_bytes(text.encode(encoding))
    (HERE / f"{name}.expected").write_text("".join("|".join(map(str, e)) + "\n" for e in expected))


def money(rng, top=100000):
    return f"{rng.randrange(top) / 100:.2f}"


def moments(rng, start=datetime.datetime(2018, 4, 1), step=100_000):
    now = start
    while True:
        now += datetime.timedelta(seconds=rng.randrange(step))
        yield now


def handbook():
    rng, out, expected = random.Random(1), ["TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,"
                                            "TX_TIME_SECONDS,TX_TIME_DAYS,TX_FRAUD,TX_FRAUD_SCENARIO"], []
    for i, now in zip(range(ROWS), moments(rng)):
        customer, terminal, amount, fraud = rng.randrange(5000), rng.randrange(5), money(rng), int(i % 7 == 0)
        out.append(f"{i},{now:%Y-%m-%d %H:%M:%S},{customer},{terminal},{amount},{i},0,{fraud},{fraud * 2}")
        expected.append((i, iso(now), f"customer:{customer}", f"terminal:{terminal}", units(amount), UNKNOWN, 2,
                         "payment", fraud))
    write("handbook", "\n".join(out) + "\n", expected)


def berka():
    rng = random.Random(2)
    out, expected = ['"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";'
                     '"account"'], []
    operations = [("PRIJEM", "VKLAD", "cash_in"), ("VYDAJ", "VYBER", "cash_out"), ("VYBER", "VYBER", "cash_out"),
                  ("VYDAJ", "PREVOD NA UCET", "transfer"), ("PRIJEM", "PREVOD Z UCTU", "transfer"),
                  ("PRIJEM", "", "other"), ("VYDAJ", "VYBER KARTOU", "cash_out")]
    day = datetime.datetime(1993, 1, 1)
    for i in range(ROWS):
        kind, operation, event_type = operations[i % len(operations)]
        account, amount = rng.randrange(9000), money(rng, 5_000_000)
        bank, partner = ("YZ", f"{rng.randrange(10**8):08d}") if "PREVOD" in operation else ("", "")
        day += datetime.timedelta(days=rng.randrange(3))
        quoted = f'"{bank}";"{partner}"' if bank else ";"
        out.append(f'{1000 + i};{account};{day:%y%m%d};"{kind}";"{operation}";{amount};0.00;"";{quoted}')
        own, other = f"account:{account}", f"account:{bank}/{partner}" if bank else "external:cash"
        debtor, creditor = (other, own) if kind == "PRIJEM" else (own, other)
        expected.append((1000 + i, iso(day), debtor, creditor, units(amount), CZK, 2, event_type, "-"))
    write("berka", "\r\n".join(out) + "\r\n", expected)


def amlsim_steps():
    rng, out, expected = random.Random(3), ["TX_ID,SENDER_ACCOUNT_ID,RECEIVER_ACCOUNT_ID,TX_TYPE,TX_AMOUNT,"
                                            "TIMESTAMP,IS_FRAUD,ALERT_ID"], []
    for i in range(ROWS):
        a, b, amount, step, fraud = i % 4, rng.randrange(100), money(rng), i // 3, int(i % 5 == 0)
        out.append(f"{i},{a},{b},TRANSFER,{amount},{step},{'True' if fraud else 'False'},{-1 + fraud}")
        when = datetime.datetime(2017, 1, 1) + datetime.timedelta(days=step)
        expected.append((i, iso(when), f"account:{a}", f"account:{b}", units(amount), UNKNOWN, 2, "transfer",
                         fraud))
    write("amlsim_steps", "\n".join(out) + "\n", expected)


def amlsim_times():
    rng, out, expected = random.Random(4), ["tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,"
                                            "alert_id"], []
    for i in range(ROWS):
        a, b, amount, fraud = i % 4, rng.randrange(100), money(rng), int(i % 5 == 0)
        when = datetime.datetime(2017, 1, 1) + datetime.timedelta(days=i)
        out.append(f"{i},{a},{b},TRANSFER,{amount},{iso(when)},{'True' if fraud else 'False'},{-1 + fraud}")
        expected.append((i, iso(when), f"account:{a}", f"account:{b}", units(amount), UNKNOWN, 2, "transfer",
                         fraud))
    write("amlsim_times", "\n".join(out), expected)


def amlsim_nodes():
    rng, out, expected = random.Random(5), ["sourceNodeId,targetNodeId,value,time"], []
    for i in range(ROWS):
        a, b, amount, step = i % 4, rng.randrange(100), f"{rng.randrange(10000) / 10}", 1 + i // 3
        out.append(f"{a},{b},{amount},{step}")
        when = datetime.datetime(2017, 1, 1) + datetime.timedelta(days=step)
        expected.append(("-", iso(when), f"account:{a}", f"account:{b}", units(amount), UNKNOWN, 2, "transfer",
                         "-"))
    write("amlsim_nodes", "\r\n".join(out) + "\r\n", expected)


def paysim():
    rng, out, expected = random.Random(6), ["step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,"
                                            "oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud"], []
    types = ["CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER"]
    for i in range(ROWS):
        kind, amount, fraud = types[i % 5], money(rng), int(i % 10 == 1)
        a, letter, b = rng.randrange(10**9), "M" if kind == "PAYMENT" else "C", rng.randrange(10**9)
        out.append(f"{i // 4 + 1},{kind},{amount},C{a},1.0,2.0,{letter}{b},0.0,0.0,{fraud},0")
        when = datetime.datetime(2017, 1, 1) + datetime.timedelta(hours=i // 4 + 1)
        expected.append(("-", iso(when), f"account:C{a}", f"{'merchant' if letter == 'M' else 'account'}:{letter}{b}",
                         units(amount), UNKNOWN, 2, kind.lower(), fraud))
    write("paysim", "\n".join(out) + "\n", expected)


def amlworld():
    rng, out, expected = random.Random(7), ["Timestamp,From Bank,Account,To Bank,Account,Amount Received,"
                                            "Receiving Currency,Amount Paid,Payment Currency,Payment Format,"
                                            "Is Laundering"], []
    currencies = [("US Dollar", 840, 2), ("Euro", 978, 2), ("Yen", 392, 0), ("Bitcoin", 1000, 8)]
    for i, now in zip(range(ROWS), moments(rng, datetime.datetime(2022, 9, 1))):
        now = now.replace(second=0)
        name, number, exponent = currencies[i % 4]
        whole = rng.randrange(10000)
        paid = f"{whole}.00" if exponent != 8 else f"0.{whole:06d}"
        a, b = f"{rng.randrange(1000):05d}", f"8{rng.randrange(16**7):07X}0"
        c, d = f"{rng.randrange(1000):05d}", f"8{rng.randrange(16**7):07X}0"
        out.append(f"{now:%Y/%m/%d %H:%M},{a},{b},{c},{d},{paid},{name},{paid},{name},ACH,{int(i % 9 == 0)}")
        expected.append(("-", iso(now), f"account:{a}/{b}", f"account:{c}/{d}", units(paid, exponent), number,
                         exponent, "transfer", int(i % 9 == 0)))
    write("amlworld", "\n".join(out) + "\n", expected)


def sparkov():
    rng = random.Random(8)
    head = (",trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,"
            "city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud")
    buffer, expected = io.StringIO(), []
    rows = csv.writer(buffer, lineterminator="\n")
    for i, now in zip(range(ROWS), moments(rng, datetime.datetime(2019, 1, 1))):
        card, amount, fraud = rng.randrange(10**11, 10**19), money(rng), int(i % 6 == 0)
        merchant, number = f'fraud_Weir, Lock and "Sons" {i % 3}', hashlib.md5(str(i).encode()).hexdigest()
        rows.writerow([i, f"{now:%Y-%m-%d %H:%M:%S}", card, merchant, "misc_net", amount, "A", "B", "F", "1 Way",
                       "Ely", "NV", "89301", 39.2, -114.9, 4000, "Smith, wheel", "1980-01-01", number, 1, 39.1,
                       -114.8, fraud])
        expected.append((number, iso(now), f"card:{card}", f"merchant:{merchant}", units(amount), USD, 2, "payment",
                         fraud))
    write("sparkov", head + "\n" + buffer.getvalue(), expected)


def sparkov_raw():
    rng = random.Random(9)
    head = ("ssn|cc_num|first|last|gender|street|city|state|zip|lat|long|city_pop|job|dob|acct_num|profile|trans_num|"
            "trans_date|trans_time|unix_time|category|amt|is_fraud|merchant|merch_lat|merch_long")
    out, expected = [head], []
    for i, now in zip(range(ROWS), moments(rng, datetime.datetime(2019, 1, 1))):
        card, amount, number = rng.randrange(10**14, 10**15), money(rng), hashlib.md5(str(i).encode()).hexdigest()
        out.append(f"000-00-0000|{card}|A|B|F|1 Way|Ely|NV|89301|39.2|-114.9|4000|Smith|1980-01-01|7|adults|{number}|"
                   f"{now:%Y-%m-%d}|{now:%H:%M:%S}|1|misc_net|{amount}|0|fraud_Weir|39.1|-114.8")
        expected.append((number, iso(now), f"card:{card}", "merchant:fraud_Weir", units(amount), USD, 2, "payment",
                         0))
    write("sparkov_raw", "\n".join(out) + "\n", expected)


def fields():
    """Random text of structural characters, cut by Python's csv module."""
    rng, lines = random.Random(10), []
    for _ in range(400):
        line = "".join(rng.choice(['"', '"', ",", "a", "bc", " ", '""', "\u00e9", ";", "x" * 70])
                       for _ in range(rng.randrange(12)))
        if line.count('"') % 2 == 0:
            lines.append(line)
    lines += ['"a\nb",c', '"line\r\nend","x""y"', '"",""', ',,', '"closed"tail,b', 'a"b,c']
    text = "\r\n".join(lines) + "\r\n"
    (HERE / "fields.csv").write_bytes(text.encode())
    rows = csv.reader(io.StringIO(text, newline=""))
    (HERE / "fields.expected").write_text(
        "".join(",".join(field.encode().hex() for field in row) + "\n" for row in rows))


for make in (handbook, berka, amlsim_steps, amlsim_times, amlsim_nodes, paysim, amlworld, sparkov, sparkov_raw,
             fields):
    make()
