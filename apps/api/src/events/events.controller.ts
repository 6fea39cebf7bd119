import { federationStream } from '@fedamole/federation';
import { parseCheckpoint } from '@fedamole/event-store';
import type { MessageEvent } from '@nestjs/common';
import { Controller, Get, Headers, Inject, Param, Query, Sse, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Refuses } from '../openapi/refusals.js';
import type { Observable } from 'rxjs';
import { OpenTo } from '../access/access.guard.js';
import { currentCaller } from '../commands/request-origin.js';
import { loadFederation } from '../federations/loaded-federation.js';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { Platform } from '../platform/platform.js';
import { follow, readPage, sourceOfAll, sourceOfStream } from './event-feed.js';
import { KnownFederationGuard } from './known-federation.guard.js';
import type { AllPosition, EventPage, StreamPosition } from './schemas.js';
import { allPosition, eventPage, streamPosition } from './schemas.js';
import type { Visibility } from './visible-events.js';
import { visibilityTo } from './visible-events.js';

const defaultLimit = 100;

const eventStream = {
  status: 200,
  description:
    'Server-sent events: `id` is the cursor, `event` the type, `data` an event as JSON; a heartbeat when idle.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
};
const lastEventId = {
  name: 'Last-Event-ID',
  required: false,
  description:
    'The `id` of the last event that was seen; browsers send it when they connect again. Stronger than `after`.',
};

@ApiTags('events')
@OpenTo('operator', 'viewer', 'site')
@Controller('v1')
export class EventsController {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  @Get('events')
  @ApiOperation({ summary: 'Events of all streams, in the order in which every reader sees them.' })
  @ApiResponse({ status: 200, description: 'A page of events.', standardSchema: eventPage })
  async listEvents(@Query({ schema: allPosition }) { after, limit }: AllPosition): Promise<EventPage> {
    return readPage(sourceOfAll(this.platform.store), this.visible(), after ?? null, limit ?? defaultLimit);
  }

  @Sse('events/stream')
  @ApiOperation({ summary: 'Events of all streams as they happen: server-sent events.' })
  @ApiResponse(eventStream)
  @ApiHeader(lastEventId)
  followEvents(
    @Query({ schema: allPosition }) { after }: AllPosition,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    const resumed = lastEventId !== undefined && parseCheckpoint(lastEventId) ? lastEventId : after;
    return follow(sourceOfAll(this.platform.store), this.visible(), resumed ?? null, this.platform);
  }

  @Get('federations/:id/events')
  @ApiOperation({ summary: "A federation's events; `after` is the version of the last one seen." })
  @ApiResponse({ status: 200, description: 'A page of events.', standardSchema: eventPage })
  @Refuses('FEDERATION_NOT_FOUND')
  async listFederationEvents(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: streamPosition }) { after, limit }: StreamPosition,
  ): Promise<EventPage> {
    await loadFederation(this.platform.store, id);
    const cursor = after === undefined ? null : String(after);
    const source = sourceOfStream(this.platform.store, federationStream(id));
    return readPage(source, this.visible(), cursor, limit ?? defaultLimit);
  }

  @UseGuards(KnownFederationGuard)
  @Sse('federations/:id/events/stream')
  @ApiOperation({ summary: "A federation's events as they happen: server-sent events." })
  @ApiResponse(eventStream)
  @ApiHeader(lastEventId)
  @Refuses('FEDERATION_NOT_FOUND')
  followFederationEvents(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: streamPosition }) { after }: StreamPosition,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    const resumed = /^\d{1,9}$/.test(lastEventId ?? '') ? lastEventId : after?.toString();
    const source = sourceOfStream(this.platform.store, federationStream(id));
    return follow(source, this.visible(), resumed ?? null, this.platform);
  }

  private visible(): Visibility {
    return visibilityTo(currentCaller(), this.platform.store);
  }
}
