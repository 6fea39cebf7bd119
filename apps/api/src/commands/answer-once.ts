/**
 * Idempotency keys of requests that lead to no event. (A command's key goes into its events: command-handler.ts.) A request is
 * written down before anything is done and its answer afterwards, so what was cut off in between is never done twice.
 */
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { applyDecorators, Inject, Injectable, SetMetadata, UseInterceptors } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, concatMap, of, type Observable } from 'rxjs';
import { refusalOf } from '../http/problem.filter.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import { currentIdempotency } from './request-origin.js';

const withheldKey = 'answer-once:withheld';

/** Fields that are `withheld` are kept nowhere: whoever asks again is answered with null in their place. */
export const AnswersOnce = (...withheld: string[]) =>
  applyDecorators(SetMetadata(withheldKey, withheld), UseInterceptors(AnswerOnceInterceptor));

@Injectable()
export class AnswerOnceInterceptor implements NestInterceptor<object, object> {
  private readonly reflector = new Reflector();

  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async intercept(context: ExecutionContext, next: CallHandler<object>): Promise<Observable<object>> {
    const idempotency = currentIdempotency();
    if (idempotency === null) return next.handle();
    const { key: idempotencyKey, requestDigest } = idempotency;
    const { answeredRequest } = this.platform.database.prisma;
    const data = [{ idempotencyKey, requestDigest }];
    const { count } = await answeredRequest.createMany({ data, skipDuplicates: true });
    if (count === 0) return of(await this.earlierAnswer(idempotencyKey, requestDigest));
    const withheld = this.reflector.get<string[]>(withheldKey, context.getHandler());
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        // A refusal did nothing, so it may be asked again. Nobody knows how far a failure had come.
        if (refusalOf(error).status < 500) await answeredRequest.deleteMany({ where: { idempotencyKey } });
        throw error;
      }),
      concatMap(async (answer) => {
        const kept = { ...answer, ...Object.fromEntries(withheld.map((field) => [field, null])) };
        await answeredRequest.update({ where: { idempotencyKey }, data: { answer: kept } });
        return answer;
      }),
    );
  }

  private async earlierAnswer(idempotencyKey: string, requestDigest: string): Promise<object> {
    const earlier = await this.platform.database.prisma.answeredRequest.findUnique({ where: { idempotencyKey } });
    if (earlier !== null && earlier.requestDigest !== requestDigest) {
      const detail = `idempotency key "${idempotencyKey}" stands for another request already`;
      throw new ProblemException('IDEMPOTENCY_KEY_REUSED', detail);
    }
    if (earlier?.answer) return earlier.answer as object;
    const detail = `a request under idempotency key "${idempotencyKey}" has not been answered: see what came of it`;
    throw new ProblemException('REQUEST_UNDER_WAY', detail);
  }
}
