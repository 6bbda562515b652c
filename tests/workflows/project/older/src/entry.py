"""Steps with `depends`, as before 2026-02-25."""

from workers import Response, WorkerEntrypoint, WorkflowEntrypoint


class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("first", config={"retries": {"limit": 1, "delay": "1 second"}, "timeout": "1 minute"})
        async def first(ctx):
            if ctx["attempt"] == 1:
                raise ValueError("again")
            return {"n": event.payload["n"], "limit": ctx["config"]["retries"]["limit"]}

        @step.do("second", depends=[first])
        async def second(found):
            return {"n": found["n"] + 1, "limit": found["limit"]}

        arrived = await step.wait_for_event("w", "go", timeout="1 hour")
        return {"second": await second(), "payload": arrived["payload"]}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        instance = await self.env.FLOW.create(id="a", params={"n": 1})
        await instance.send_event(type="go", payload=5)
        return Response(instance.id)
