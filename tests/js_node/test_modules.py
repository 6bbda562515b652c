"""The other modules of Node.js, as far as a table of calls does not show them."""

from __future__ import annotations

import asyncio

import js
import pytest
from pyodide.ffi import JsException

from pywrangler.runtime.js.node import _HERE, INSTEAD, load_module


@pytest.mark.parametrize("name", sorted(_HERE))
def test_every_module_has_a_default_and_exports(name):
    module = load_module(name)
    assert module.default is not None
    assert load_module(f"node:{name}") is module
    assert len(list(js.Object.keys(module))) > 1


def test_what_is_not_there_says_so_and_what_to_use():
    with pytest.raises(JsException, match='"node:fs" exists in production, but not here: use open and pathlib'):
        load_module("node:fs")
    with pytest.raises(JsException, match='No such module "node:nothing"'):
        load_module("node:nothing")
    with pytest.raises(AttributeError, match="node:util has no 'parseArgs' here, only in production: use argparse"):
        load_module("util").parseArgs  # noqa: B018
    with pytest.raises(AttributeError, match=r"node:util has no export 'inspct'\. Did you mean 'inspect'\?"):
        load_module("util").inspct  # noqa: B018
    assert not set(INSTEAD) & set(_HERE)


# ---- buffers ----------------------------------------------------------------------------------------------


def test_buffers_are_bytes_for_python_too(node):
    buffer = node("buffer").Buffer.from_("héllo")
    assert (len(buffer), buffer.byteLength, buffer.to_bytes(), str(buffer)) == (6, 6, "héllo".encode(), "héllo")
    assert isinstance(buffer, js.Uint8Array)
    assert js.JSON.stringify(buffer) == '{"type":"Buffer","data":[104,195,169,108,108,111]}'
    assert node("buffer").Buffer.from_(b"\x01\x02").to_bytes() == b"\x01\x02"
    assert node("buffer").Buffer is js.Buffer


def test_slices_and_array_buffers_are_shared(node):
    Buffer = node("buffer").Buffer
    whole = Buffer.from_("abc")
    whole.slice(1)[0] = 120
    assert str(whole) == "axc"
    data = js.ArrayBuffer.new(4)
    Buffer.from_(data, 1, 2).fill(255)
    assert data.to_bytes() == b"\0\xff\xff\0"


def test_what_is_written_is_there(node):
    buffer = node("buffer").Buffer.alloc(8)
    assert [buffer.writeInt32LE(-2), buffer.writeUInt16BE(258, 4), buffer.write("é", 6)] == [4, 6, 2]
    assert buffer.toString("hex") == "feffffff0102c3a9"
    assert buffer.writeBigInt64BE(-1) == 8
    assert int(buffer.readBigUInt64LE()) == 2**64 - 1
    with pytest.raises(JsException, match="ut of range"):
        buffer.writeBigUInt64LE(2**64)
    target = node("buffer").Buffer.alloc(4)
    assert (node("buffer").Buffer.from_("abcd").copy(target, 1, 2), target.toString("hex")) == (2, "00636400")
    assert str(node("buffer").Buffer.from_("abcd").swap16()) == "badc"


# ---- asynchronous flow -----------------------------------------------------------------------------------------


def test_a_value_follows_the_flow(node, run_async):
    Storage = node("async_hooks").AsyncLocalStorage
    storage = Storage.new()
    assert storage.getStore() is None
    assert storage.run(1, lambda *given: [storage.getStore(), *given], 2, 3) == [1, 2, 3]
    assert storage.run(1, lambda: storage.exit(storage.getStore)) is None
    assert storage.run(5, Storage.snapshot)(storage.getStore) == 5
    assert storage.run(6, lambda: Storage.bind(lambda x: [storage.getStore(), x]))(7) == [6, 7]
    assert Storage.new(defaultValue=4, name="n").getStore() == 4

    async def main():
        async def read():
            await asyncio.sleep(0)
            return storage.getStore()

        tasks = [storage.run(number, lambda: asyncio.ensure_future(read())) for number in (1, 2)]
        return await asyncio.gather(*tasks)

    assert run_async(main()) == [1, 2]


@pytest.mark.parametrize("name", ["enterWith", "disable"])
def test_what_the_platform_has_by_name_only(node, name):
    with pytest.raises(JsException, match=rf"asyncLocalStorage\.{name}\(\) is not implemented"):
        getattr(node("async_hooks").AsyncLocalStorage.new(), name)()


def test_a_resource_keeps_the_values_of_when_it_was_made(node):
    hooks = node("async_hooks")
    storage = hooks.AsyncLocalStorage.new()

    class Mine(hooks.AsyncResource):
        pass

    resource = storage.run(9, lambda: Mine.new("TYPE"))
    assert (resource.runInAsyncScope(storage.getStore), resource.bind(storage.getStore)()) == (9, 9)
    assert storage.run(4, lambda: hooks.AsyncResource.bind(storage.getStore))() == 4
    assert [resource.asyncId(), resource.triggerAsyncId(), hooks.executionAsyncId()] == [0, 0, 0]


# ---- timers ---------------------------------------------------------------------------------------------------


def test_timers_are_objects(node, run_async):
    async def main():
        timers, seen = node("timers"), []
        js.clearTimeout(timers.setTimeout(lambda: seen.append("never"), 1))
        timer = timers.setTimeout(seen.append, 1, "once")
        assert timer.ref().unref().refresh() is timer
        assert timer.hasRef() is True
        repeated = timers.setInterval(seen.append, 1, "again")
        while seen.count("again") < 2:
            await timers.promises.setTimeout(1)
        repeated.close()
        assert seen.count("once") == 1
        with pytest.raises(JsException, match="callback"):
            timers.setTimeout(5, 1)

    run_async(main())


def test_timers_to_wait_for(node, run_async):
    async def main():
        timers = node("timers/promises")
        assert [await timers.setTimeout(1, "v"), await timers.setImmediate("w"), await timers.scheduler.wait(1)] == [
            *("v", "w"),
            None,
        ]
        seen = []
        async for value in timers.setInterval(1, "i"):
            seen.append(value)
            if len(seen) == 2:
                break
        controller = js.AbortController.new()
        waiting = timers.setTimeout(1000, signal=controller.signal)
        controller.abort()
        with pytest.raises(JsException) as caught:
            await waiting
        with pytest.raises(JsException, match="AbortError"):
            async for _ in timers.setInterval(1, signal=js.AbortSignal.abort()):
                pass
        return seen, caught.value.name, caught.value.code

    assert run_async(main()) == (["i", "i"], "AbortError", "ABORT_ERR")


# ---- texts in pieces, channels ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "pieces", "expected"),
    [
        ("utf8", ["e282", "ac", "e2"], ["", "€", "", "�"]),
        ("base64", ["61", "626364"], ["", "YWJj", "ZA=="]),
        ("utf16le", ["3d", "d800", "de61"], ["", "", "😀", ""]),
        ("hex", ["61", "62"], ["61", "62", ""]),
        ("latin1", ["e9"], ["é", ""]),
    ],
)
def test_characters_wait_for_their_rest(node, encoding, pieces, expected):
    decoder = node("string_decoder").StringDecoder.new(encoding)
    assert [*(decoder.write(bytes.fromhex(piece)) for piece in pieces), decoder.end()] == expected
    assert decoder.write("x") == "x"


def test_a_decoder_refuses_what_is_no_data(node):
    with pytest.raises(JsException, match="Unknown encoding: nope"):
        node("string_decoder").StringDecoder.new("nope")
    with pytest.raises(JsException, match='The "buf" argument'):
        node("string_decoder").StringDecoder.new().write(5)


def test_channels_are_found_by_name(node):
    channels, seen = node("diagnostics_channel"), []

    def listener(message, name):
        seen.append([message, name])

    channel = channels.channel("a")
    channel.subscribe(listener)
    channel.publish(1)
    assert (seen, channels.channel("a") is channel, channels.hasSubscribers("a")) == ([[1, "a"]], True, True)
    assert [channel.unsubscribe(listener), channel.unsubscribe(listener), channel.hasSubscribers] == [
        True,
        False,
        False,
    ]


def test_calls_are_traced(node, run_async):
    async def main():
        tracing, seen = node("diagnostics_channel").tracingChannel("op"), []
        tracing.subscribe({step: lambda _m, name: seen.append(name.split(":")[2]) for step in STEPS})
        assert tracing.traceSync(lambda value: value + 1, js.Object.new(), None, 1) == 2
        with pytest.raises(ZeroDivisionError):
            tracing.traceSync(lambda: 1 / 0)

        async def five():
            return 5

        assert await tracing.tracePromise(five) == 5
        return seen

    STEPS = ("start", "end", "asyncStart", "asyncEnd", "error")
    assert run_async(main()) == ["start", "end", "start", "error", "end", "start", "end", "asyncStart", "asyncEnd"]


# ---- older functions made newer, and checks -----------------------------------------------------------------


def test_callbacks_and_promises_are_exchanged(node, run_async):
    async def main():
        util = node("util")
        assert await util.promisify(lambda value, callback: callback(None, value + 1))(1) == 2
        with pytest.raises(JsException, match="no"):
            await util.promisify(lambda callback: callback(js.Error.new("no")))()
        with pytest.raises(JsException, match='The "original" argument must be of type function'):
            util.promisify(5)

        async def work(value):
            if value < 0:
                raise ValueError("negative")
            return value * 2

        settled = asyncio.get_running_loop().create_future()
        util.callbackify(work)(2, lambda problem, value: settled.set_result((str(problem), value)))
        failed = asyncio.get_running_loop().create_future()
        util.callbackify(work)(-1, lambda problem: failed.set_result(str(problem)))
        return await settled, await failed

    assert run_async(main()) == (("jsnull", 4), "negative")


def test_options_of_inspect_that_are_not_here_are_refused(node):
    assert node("util").inspect(js.JSON.parse('{"a":{"b":{}}}'), depth=0) == "{ a: [Object] }"
    with pytest.raises(JsException, match="the option 'colors' is not available here"):
        node("util").inspect(1, colors=True)


def test_what_functions_raise_is_checked(node):
    check = node("assert")

    def fails():
        raise js.TypeError.new("abc")

    check.throws(fails, js.TypeError)
    check.throws(fails, js.RegExp.new("b"))
    check.throws(fails, {"message": "abc", "name": "TypeError"})
    check.throws(fails, lambda problem: True)
    check.throws(lambda: 1 / 0, ZeroDivisionError)
    for expected, text in (
        (js.RegExp.new("x"), "did not match the regular expression /x/"),
        ({"message": "abd"}, "'abc' !== 'abd'"),
        (lambda _problem: False, "expected to return true"),
    ):
        with pytest.raises(JsException, match=text):
            check.throws(fails, expected)
    with pytest.raises(JsException, match="TypeError: abc"):
        check.throws(fails, js.RangeError)
    with pytest.raises(JsException, match=r"Missing expected exception\."):
        check.throws(lambda: 1)
    with pytest.raises(JsException, match='Actual message: "abc"'):
        check.doesNotThrow(fails)


def test_what_promises_come_to_is_checked(node, run_async):
    async def main():
        check = node("assert")

        async def fails():
            raise ValueError("mine")

        await check.rejects(fails(), ValueError)
        await check.rejects(fails)
        await check.doesNotReject(js.Promise.resolve(1))
        with pytest.raises(JsException, match=r"Missing expected rejection\."):
            await check.rejects(js.Promise.resolve(1))
        with pytest.raises(JsException, match="Got unwanted rejection"):
            await check.doesNotReject(fails())

    run_async(main())


def test_failures_of_checks_tell_what_was_compared(node):
    check = node("assert")
    with pytest.raises(JsException) as caught:
        check.default.strictEqual(1, 2)
    problem = caught.value
    assert (problem.name, problem.code, problem.actual, problem.expected) == ("AssertionError", "ERR_ASSERTION", 1, 2)
    assert problem.operator == "strictEqual"
    with pytest.raises(JsException, match="0 == true"):
        check.default(0)
    made = check.AssertionError.new(message="m", actual=1)
    assert (made.message, made.actual, isinstance(made, js.Error)) == ("m", 1, True)


# ---- ciphers and random values --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 40])
@pytest.mark.parametrize("name", ["aes-256-cbc", "aes-128-ctr", "aes-256-gcm", "des-ede3-cbc", "aes-192-ecb"])
def test_what_is_encrypted_in_pieces_is_decrypted_in_others(node, name, size):
    crypto, data = node("crypto"), bytes(range(size))
    info = crypto.getCipherInfo(name)
    key, iv = bytes(range(info.keyLength)), bytes(info.ivLength) or None
    cipher = crypto.createCipheriv(name, key, iv)
    secret = b"".join(part.to_bytes() for part in (cipher.update(data[:7]), cipher.update(data[7:]), cipher.final()))
    decipher = crypto.createDecipheriv(name, key, iv)
    if name.endswith("gcm"):
        decipher.setAuthTag(cipher.getAuthTag())
    parts = (decipher.update(secret[:5]), decipher.update(secret[5:]), decipher.final())
    assert b"".join(part.to_bytes() for part in parts) == data
    with pytest.raises(JsException, match="already been finalized"):
        cipher.final()


def test_what_is_not_authentic_is_refused(node):
    crypto, key, iv = node("crypto"), bytes(32), bytes(12)
    cipher = crypto.createCipheriv("aes-256-gcm", b"\1" * 32, b"\2" * 12)
    with pytest.raises(JsException, match="Auth tag is only available once"):
        cipher.getAuthTag()
    cipher.setAAD("extra")
    assert cipher.update("héllo", "utf8", "hex") + cipher.final("hex") == "6f1560252638"
    assert cipher.getAuthTag().toString("hex") == "be536997853ecd7cf3399a09a45ae697"
    for tag, text in ((None, "No auth tag provided"), (bytes(16), "Authentication failed")):
        decipher = crypto.createDecipheriv("aes-256-gcm", key, iv)
        if tag:
            decipher.setAuthTag(tag)
        decipher.update("00", "hex")
        with pytest.raises(JsException, match=text):
            decipher.final()


def test_hashes_are_finished_once(node):
    crypto = node("crypto")
    digest = crypto.createHash("md5")
    copy = digest.copy()
    digest.digest()
    for again in (digest.digest, lambda: digest.update("a"), digest.copy):
        with pytest.raises(JsException, match="Digest already called"):
            again()
    assert copy.update("abc").digest("hex") == "900150983cd24fb0d6963f7d28e17f72"
    keyed = crypto.createHmac("md5", "k")
    keyed.digest()
    assert keyed.digest("hex") == ""


def test_results_come_to_callbacks_too(node, run_async):
    async def main():
        crypto, found = node("crypto"), []
        ready = asyncio.Event()

        def take(problem, value):
            found.append((str(problem), value if isinstance(value, int) else js.Uint8Array.new(value).to_bytes().hex()))
            if len(found) == 4:
                ready.set()

        crypto.pbkdf2("a", "b", 1, 4, "sha1", take)
        crypto.scrypt("a", "b", 4, js.Object.new(N=2), take)
        crypto.hkdf("sha1", "a", "b", "c", 4, take)
        crypto.randomInt(1, take)
        assert found == []
        await ready.wait()
        return found

    assert run_async(main()) == [("jsnull", "b08f749c"), ("jsnull", "72f03e08"), ("jsnull", "5097db89"), ("jsnull", 0)]


def test_random_values_differ_and_keep_their_bounds(node):
    crypto = node("crypto")
    assert len({crypto.randomUUID() for _ in range(5)}) == 5
    assert {crypto.randomInt(3, 5) for _ in range(50)} == {3, 4}
    assert crypto.randomFillSync(js.Buffer.alloc(8), 4).toString("hex")[:8] == "00000000"
    assert crypto.webcrypto is js.crypto
